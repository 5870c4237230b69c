"""Sound files as targets, what to read off a sound before a descent, and what a match explains."""

from chirplib.recordings.agreement import delay, explained
from chirplib.recordings.features import call_features, ridge, split_time
from chirplib.recordings.files import load_recording

__all__ = ["call_features", "delay", "explained", "load_recording", "ridge", "split_time"]
