"""Recipes of soundscapes: which sounds occur, how often, how loud and how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Labels of backgrounds; the second has voices and is used only in clips labelled Speech.
BACKGROUND = "background"
BABBLE = "background_babble"

#: Labels of steady sounds, which are cut or looped to the length drawn.
STEADY = frozenset(
    {
        "Blender",
        "Electric_shaver_toothbrush",
        "Frying",
        "Running_water",
        "Vacuum_cleaner",
        "jackhammer",
        "other_air_conditioner",
        "other_airplane",
        "other_crickets",
        "other_train",
        "other_washing_machine",
        "other_boiling_water",
        "other_chainsaw",
        "other_children_playing",
        "other_chirping_birds",
        "other_drilling",
        "other_engine_idling",
        "other_exercise_bike",
        "other_fire_crackling",
        "other_hair_dryer",
        "other_helicopter",
        "other_juicer",
        "other_machine",
        "other_microwave",
        "other_street_music",
        "other_traffic",
    }
)


@dataclass(frozen=True)
class ClassPlan:
    """How one class occurs."""

    #: Weight with which it is drawn as the first class of a clip.
    weight: float
    #: Probability that it is then the only class.
    alone: float
    #: Weights of the second class otherwise.
    partners: Mapping[str, float]
    #: Weights of 1, 2, 3, ... events in a clip.
    counts: tuple[float, ...]
    #: Seconds of an event at the quantiles 0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.
    lengths: tuple[float, ...]


@dataclass(frozen=True)
class Recipe:
    """Distribution of soundscapes.

    Levels are loudness (ITU-R BS.1770, LUFS) over the audible part of a sound.
    """

    name: str
    #: Length in seconds.
    duration: float = 10.0
    #: Loudness of the background.
    reference_db: float = -50.0
    #: Largest change of the level of the whole clip.
    gain_jitter_db: float = 3.0
    #: Range of the SNR of an event, uniform, drawn once for each recording in a clip.
    snr_db: tuple[float, float] = (6.0, 30.0)
    #: Largest pitch shift, uniform.
    semitones: float = 3.0
    #: Mean and standard deviation of the onset in seconds; normal, truncated to the clip.
    onset: tuple[float, float] = (5.0, 2.0)
    #: Plans of the labelled classes; empty for any class of the bank, uniformly.
    classes: Mapping[str, ClassPlan] = field(default_factory=dict)
    #: Probability of a third class where there are two, of a fourth where there are three, ...
    third: float = 0.13
    #: Smallest and largest number of classes where ``classes`` is empty.
    foregrounds: tuple[int, int] = (1, 3)
    #: Weights of 1, 2, 3, ... events of a class without a plan.
    counts: tuple[float, ...] = (0.5, 0.25, 0.25)
    #: Seconds of an event of a class without a plan, at the quantiles of ClassPlan.
    lengths: tuple[float, ...] = (0.25, 0.5, 1.0, 2.5, 5.0, 8.0, 10.0)
    #: Probability that several events of a class come from two recordings (two speakers, two dogs).
    second: float = 0.2
    #: Probability of an unlabelled sound.
    distractor: float = 0.25
    #: Labels of unlabelled sounds.
    distractors: tuple[str, ...] = ()
    #: Labels of unlabelled sounds with voices, used only in clips with Speech.
    voiced_distractors: tuple[str, ...] = ()
    #: Range of the SNR of an unlabelled sound, uniform.
    distractor_snr_db: tuple[float, float] = (0.0, 15.0)
    #: Probability of babble as the background of a clip with Speech.
    babble: float = 0.2
    #: Probability that the foregrounds are in a simulated room.
    room: float = 0.5


# Measured on the 1,153 annotated clips of DESED's validation set
# (metadata/validation/validation.tsv, CC BY 4.0): co-occurrence, events of a class in a clip (the
# last count: that many or more) and lengths. The weights are those of DESED's generator of synthetic
# soundscapes (event_occurences_train.json, _nOn and _nOff classes added).
_DESED = {
    "Alarm_bell_ringing": ClassPlan(
        0.1,
        0.48,
        {
            "Cat": 2,
            "Dishes": 1,
            "Dog": 6,
            "Electric_shaver_toothbrush": 1,
            "Running_water": 5,
            "Speech": 89,
        },
        (0.60, 0.20, 0.05, 0.05, 0.02, 0.0, 0.01, 0.07),
        (0.25, 0.32, 0.52, 1.03, 2.32, 4.88, 10.0),
    ),
    "Blender": ClassPlan(
        0.1,
        0.25,
        {"Dishes": 14, "Frying": 1, "Running_water": 2, "Speech": 55, "Vacuum_cleaner": 1},
        (0.85, 0.14, 0.0, 0.01),
        (0.32, 1.24, 2.38, 4.7, 8.35, 10.0, 10.0),
    ),
    "Cat": ClassPlan(
        0.1,
        0.67,
        {
            "Alarm_bell_ringing": 2,
            "Dishes": 2,
            "Dog": 4,
            "Running_water": 2,
            "Speech": 31,
            "Vacuum_cleaner": 1,
        },
        (0.25, 0.24, 0.25, 0.12, 0.05, 0.06, 0.02, 0.02),
        (0.25, 0.33, 0.56, 0.85, 1.34, 2.74, 10.0),
    ),
    "Dishes": ClassPlan(
        0.1,
        0.12,
        {
            "Alarm_bell_ringing": 1,
            "Blender": 14,
            "Cat": 2,
            "Dog": 1,
            "Frying": 59,
            "Running_water": 15,
            "Speech": 125,
            "Vacuum_cleaner": 1,
        },
        (0.27, 0.16, 0.16, 0.17, 0.08, 0.06, 0.05, 0.05),
        (0.25, 0.25, 0.25, 0.39, 0.69, 1.09, 10.0),
    ),
    "Dog": ClassPlan(
        0.1,
        0.58,
        {
            "Alarm_bell_ringing": 6,
            "Cat": 4,
            "Dishes": 1,
            "Running_water": 2,
            "Speech": 57,
            "Vacuum_cleaner": 2,
        },
        (0.20, 0.21, 0.15, 0.14, 0.14, 0.03, 0.06, 0.06),
        (0.25, 0.26, 0.4, 0.77, 1.5, 2.97, 10.0),
    ),
    "Electric_shaver_toothbrush": ClassPlan(
        0.1,
        0.37,
        {"Alarm_bell_ringing": 1, "Speech": 39},
        (0.97, 0.02, 0.01),
        (1.02, 3.33, 5.08, 9.9, 10.0, 10.0, 10.0),
    ),
    "Frying": ClassPlan(
        0.1,
        0.09,
        {"Blender": 1, "Dishes": 59, "Speech": 68},
        (0.94, 0.06),
        (0.43, 3.78, 6.62, 10.0, 10.0, 10.0, 10.0),
    ),
    "Running_water": ClassPlan(
        0.1,
        0.47,
        {
            "Alarm_bell_ringing": 5,
            "Blender": 2,
            "Cat": 2,
            "Dishes": 15,
            "Dog": 2,
            "Speech": 92,
            "Vacuum_cleaner": 1,
        },
        (0.84, 0.13, 0.03),
        (0.25, 0.99, 2.51, 4.85, 8.08, 10.0, 10.0),
    ),
    "Speech": ClassPlan(
        0.1,
        0.18,
        {
            "Alarm_bell_ringing": 89,
            "Blender": 55,
            "Cat": 31,
            "Dishes": 125,
            "Dog": 57,
            "Electric_shaver_toothbrush": 39,
            "Frying": 68,
            "Running_water": 92,
            "Vacuum_cleaner": 31,
        },
        (0.23, 0.22, 0.26, 0.16, 0.09, 0.02, 0.01, 0.01),
        (0.25, 0.44, 0.69, 1.15, 1.9, 3.02, 10.0),
    ),
    "Vacuum_cleaner": ClassPlan(
        0.1,
        0.60,
        {"Blender": 1, "Cat": 1, "Dishes": 1, "Dog": 2, "Running_water": 1, "Speech": 31},
        (0.99, 0.01),
        (0.44, 4.24, 7.5, 10.0, 10.0, 10.0, 10.0),
    ),
}

RECIPES: Mapping[str, Recipe] = {
    # The recipe of DESED and Scaper, with distractors that belong to none of the ten classes.
    "desed": Recipe(
        "desed",
        classes=_DESED,
        distractors=(
            "other_book_pages",
            "other_chopping",
            "other_clap",
            "other_clock_tick",
            "other_cough",
            "other_cow",
            "other_fire_crackling",
            "other_footsteps",
            "other_frog",
            "other_glass_breaking",
            "other_helicopter",
            "other_knock",
            "other_peeling",
            "other_rooster",
            "other_sheep",
            "other_sneeze",
            "other_snoring",
            "other_sweeping",
            "other_thunder",
            "car_horn",
        ),
        voiced_distractors=(
            "other_baby_cry",
            "other_children_playing",
            "other_laugh",
            "other_street_music",
        ),
    ),
    # For permutation invariant training of a separator with four outputs: a background and at most
    # three sounds.
    "universal": Recipe("universal", snr_db=(0.0, 25.0), second=0.0, distractor=0.0, babble=0.0),
}
