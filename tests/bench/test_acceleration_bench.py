import pytest
import torch
from torch import nn

from jss.bench import acceleration as bench
from jss.cli import main
from jss.models.crnn import CRNN, CRNNConfig
from jss.models.fast import accelerate


def test_without_a_part_the_others_stay():
    network = accelerate(CRNN(CRNNConfig(channels=(4,) * 7, cells=4)))
    fast_dropout = type(network.dropout)
    assert bench.without(network, nn.GRU) is network
    assert type(network.rnn) is nn.GRU
    assert type(network.dropout) is fast_dropout is not nn.Dropout
    last = network.cnn[1][0].weight
    assert last.is_contiguous(memory_format=torch.channels_last)
    bench.without(network, nn.Conv2d)
    assert network.cnn[1][0].weight.is_contiguous()


def test_the_bench(capsys):
    arguments = ["--preset", "smoke", "--seconds", "1", "--repeat", "1"]
    assert main(["bench", "acceleration", *arguments]) in (0, 1)
    table = capsys.readouterr().out
    for part in ("tiles", "GRU kernel", "dropout of bytes", "channels last"):
        assert f"| {part}: " in table


@pytest.mark.parametrize("arguments", [["--seconds", "0"], ["--repeat", "0"]])
def test_mistakes(arguments, capsys):
    assert main(["bench", "acceleration", *arguments]) == 2
    assert "--repeat 1 or more" in capsys.readouterr().err
