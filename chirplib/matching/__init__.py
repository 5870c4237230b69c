"""Sound matching: find the parameters of a target sound by going down a loss."""

from chirplib.matching.descents import FOUND, Match, match, match_each

__all__ = ["FOUND", "Match", "match", "match_each"]
