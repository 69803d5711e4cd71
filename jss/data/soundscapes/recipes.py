"""Recipes of soundscapes as plain data: what is in a clip, how often, how loud, how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Labels of a background; the second kind has voices in it and lies only under clips labelled
#: Speech.
BACKGROUND = "background"
BABBLE = "background_babble"

#: Sounds without a beginning or an end of their own: cut or looped to the length asked for.
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
    """How one class occurs. weight: chance of leading a clip; alone: chance that it is then the
    only class; partners: weights of the second class otherwise; counts: weights of 1, 2, 3, ...
    events in a clip; lengths: seconds of an event at the quantiles 0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.
    """

    weight: float
    alone: float
    partners: Mapping[str, float]
    counts: tuple[float, ...]
    lengths: tuple[float, ...]


@dataclass(frozen=True)
class Recipe:
    """Everything that ``draw`` needs. Levels are loudness (ITU-R BS.1770, LUFS) over the audible
    part of a sound.

    duration: s; reference_db: loudness of the background; gain_jitter_db: the whole clip up or down
    by at most this; snr_db: event over background, uniform, drawn for each recording in a clip;
    semitones: pitch shift, uniform up to this either way; onset: mean and standard deviation (s) of
    a normal distribution truncated to the clip; classes: how the labelled classes occur, or empty:
    any class of the bank, uniformly; third: chance of a third class where there are two (repeated
    for more); foregrounds: fewest and most classes where ``classes`` is empty; counts: as in
    ClassPlan, for classes without a plan; second: chance that several events of a class come from
    two recordings (two speakers, two dogs); distractor: chance of an unlabelled sound; distractors,
    voiced_distractors: their labels, the latter only beside Speech; distractor_snr_db; babble:
    chance of babble as the background of a clip with Speech; room: chance that the foregrounds
    sound in one of the simulated rooms.
    """

    name: str
    duration: float = 10.0
    reference_db: float = -50.0
    gain_jitter_db: float = 3.0
    snr_db: tuple[float, float] = (6.0, 30.0)
    semitones: float = 3.0
    onset: tuple[float, float] = (5.0, 2.0)
    classes: Mapping[str, ClassPlan] = field(default_factory=dict)
    third: float = 0.13
    foregrounds: tuple[int, int] = (1, 3)
    counts: tuple[float, ...] = (0.5, 0.25, 0.25)
    lengths: tuple[float, ...] = (0.25, 0.5, 1.0, 2.5, 5.0, 8.0, 10.0)
    second: float = 0.2
    distractor: float = 0.25
    distractors: tuple[str, ...] = ()
    voiced_distractors: tuple[str, ...] = ()
    distractor_snr_db: tuple[float, float] = (0.0, 15.0)
    babble: float = 0.2
    room: float = 0.5


# Measured on the 1,153 annotated clips of DESED's validation set
# (metadata/validation/validation.tsv, CC BY 4.0): who occurs with whom, events of a class in a clip
# (the last count: that many or more), lengths. The weights are those of DESED's generator of
# synthetic soundscapes (event_occurences_train.json, _nOn and _nOff classes added up).
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
    # The DESED / Scaper recipe; distractors that nobody would label as one of the ten classes.
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
    # For permutation invariant training of a separator: a background and at most three sounds, so
    # that four outputs always suffice.
    "universal": Recipe("universal", snr_db=(0.0, 25.0), second=0.0, distractor=0.0, babble=0.0),
}
