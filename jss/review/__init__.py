"""Review of detections by a person: what to look at, every judgement, thresholds, and the truth that
comes of it.
"""
