"""The weak-label paper in use: a mixture through a separator and its critic, and what they score on
held-out scenes.

Pishdadian, Wichern, Le Roux: Learning to Separate Sounds from Weakly Labeled Scenes, ICASSP 2020.
"""
