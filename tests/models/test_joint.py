import pytest
import torch

from jss.errors import JssError
from jss.models.crnn import CRNN, CRNNConfig
from jss.models.joint import JointModel, freeze
from jss.models.pooling import POOLINGS, pooling
from jss.models.separator import ConvTasNet, ConvTasNetConfig


def detector() -> CRNN:
    return CRNN(CRNNConfig(n_classes=3, channels=(4,) * 7, cells=4))


def separator(n_src: int = 4) -> ConvTasNet:
    return ConvTasNet(
        ConvTasNetConfig(n_src=n_src, n_filters=8, bn_chan=4, hid_chan=8, skip_chan=4, n_blocks=2)
    )


@pytest.mark.parametrize("n_src", [1, 4, 8])
def test_shapes_of_sources_and_scores(n_src):
    out = JointModel(separator(n_src), detector())(torch.randn(2, 16000))
    assert out.sources.shape == (2, n_src, 16000)
    assert out.source_strong.shape == (2, n_src, 3, 15)
    assert out.strong.shape == (2, 3, 15)
    assert out.source_weak.shape == (2, n_src, 3)
    assert out.weak.shape == (2, 3)


def test_pooled_scores_are_the_largest_over_sources():
    out = JointModel(separator(), detector()).eval()(torch.randn(2, 16000))
    assert torch.equal(out.strong, out.source_strong.max(1).values)
    assert torch.equal(out.weak, out.source_weak.max(1).values)


def test_without_a_separator_there_are_no_sources_and_the_scores_are_the_mixtures():
    model = JointModel(None, detector()).eval()
    out = model(torch.randn(2, 16000))
    assert out.sources.shape == (2, 0, 16000)
    assert out.source_strong.shape == (2, 0, 3, 15)
    assert out.strong.shape == (2, 3, 15)


def test_poolings_by_hand():
    scores = torch.tensor([[[0.2, 0.9], [0.5, 0.4]]])  # (1, M=2, K=2)
    torch.testing.assert_close(POOLINGS["max"](scores), torch.tensor([[0.5, 0.9]]))
    torch.testing.assert_close(POOLINGS["sum"](scores), torch.tensor([[0.7, 1.0]]))
    torch.testing.assert_close(POOLINGS["mean"](scores), torch.tensor([[0.35, 0.65]]))
    with pytest.raises(JssError, match="median"):
        pooling("median")


def test_the_projection_makes_sources_sum_to_the_mixture():
    x = torch.randn(1, 4000)
    sources = JointModel(separator(), detector(), consistent=True).separate(x)
    torch.testing.assert_close(sources.sum(1), x, atol=1e-5, rtol=0)


def test_scaling_by_the_mixture_leaves_a_faint_source_faint():
    class Halves(torch.nn.Module):
        def forward(self, x):
            return torch.stack([x, 0.001 * x], 1)

    seen = []
    for scaling in ("clip", "mixture"):
        model = JointModel(Halves(), detector(), scaling=scaling).eval()
        model.detector.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
        model(torch.randn(1, 16000))
    assert seen[0][1].max() == 1
    assert seen[1][1].max() < 0.7


def test_a_frozen_block_stays_in_eval_mode():
    block = freeze(detector())
    torch.nn.ModuleList([block]).train()
    assert not block.training
    assert not block.cnn[0][1].training
    assert not any(p.requires_grad for p in block.parameters())
    # In evaluation mode, cuDNN gives recurrent layers no gradient.
    assert (block.rnn.training, block.rnn.dropout) == (True, 0.0)
