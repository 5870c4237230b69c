"""Figures of the book: of arrays, tensors and the results of the package."""
