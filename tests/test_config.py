import pytest

from jss.config import PRESETS, load_preset, presets
from jss.errors import JssError


def test_every_preset_loads_and_describes_itself():
    assert {"paper", "desk", "smoke"} <= set(presets())
    for path in PRESETS.glob("*.yaml"):
        assert load_preset(path.stem).name == path.stem
        assert presets()[path.stem]


def test_the_paper_preset_is_the_papers():
    c = load_preset("paper")
    assert c.detection.batch == (12, 12, 24)
    assert (c.detection.epochs, c.detection.warmup_epochs, c.detection.ema) == (200, 50, 0.999)
    assert (c.separator.n_src, c.separator.n_repeats, c.separator.n_blocks) == (4, 1, 4)
    assert c.pooling == "max"
    assert c.precision == "fp32"
    assert c.detection.norm_clips == 0
    assert not c.detection.save_sources
    assert load_preset("paper", ("precision=bf16",)).precision == "bf16"


@pytest.mark.parametrize("preset", ["desk", "gpu"])
def test_small_batches_have_batch_norm_averaged_over_clips(preset):
    assert load_preset(preset).detection.norm_clips == 160
    assert load_preset(preset).detection.save_sources


def test_overrides():
    c = load_preset("smoke", ("data.seconds=4", "detection.batch=[4, 2, 2]", "separation.tau=0.01"))
    assert c.data.seconds == 4.0
    assert c.detection.batch == (4, 2, 2)
    assert c.separation.tau == 0.01


@pytest.mark.parametrize(
    ("override", "says"),
    [
        (
            "detection.epoch=3",
            r"\.yaml with detection\.epoch=3 has an unknown key 'detection\.epoch'",
        ),
        ("nonsense=3", "unknown key 'nonsense'"),
        (
            "detection.ema=1e-4",
            "detection.ema must be a number.*YAML reads this as text; write 0.0001",
        ),
        ("detection.epochs=2.5", "detection.epochs must be a whole number"),
        ("compile=1", "compile must be true or false"),
        ("detection.batch=[1, 2]", "detection.batch must be a list"),
        ("scaling=loud", "scaling must be 'clip' or 'mixture'"),
        ("data=3", "data must hold keys"),
        ("separation.batch=0", "separation.batch must be at least 1"),
        ("separation.steps=0", "separation.steps must be at least 1"),
        ("weak.batch=0", "weak.batch must be at least 1"),
        ("epochs", "key=value"),
        ("data.seconds.x=1", "seconds holds a value"),
    ],
)
def test_errors_name_the_key(override, says):
    with pytest.raises(JssError, match=says):
        load_preset("smoke", (override,))


def test_a_preset_that_is_not_there():
    with pytest.raises(JssError, match="desk"):
        load_preset("desktop")


def test_a_file_that_is_not_yaml(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("a: [")
    with pytest.raises(JssError, match="cannot be read as YAML"):
        load_preset(str(path))
