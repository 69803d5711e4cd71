"""Decoding of sound files of all kinds."""
