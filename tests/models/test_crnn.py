import torch
from torch.nn.utils import parameters_to_vector

from jss.config import load_preset
from jss.models.crnn import CRNN, GLU, CRNNConfig


def test_the_baseline_has_the_published_number_of_parameters():
    assert parameters_to_vector(CRNN().parameters()).numel() == 1_112_420


def test_ten_seconds_give_156_frames_of_ten_classes_in_the_unit_interval():
    output = CRNN().eval()(torch.rand(2, 128, 626))
    assert output.strong.shape == (2, 10, 156)
    assert output.weak.shape == (2, 10)
    for scores in output:
        assert ((scores >= 0) & (scores <= 1)).all()


def test_the_glu_is_a_linear_map_gated_by_the_input_itself():
    glu = GLU(2)
    with torch.no_grad():
        glu.linear.weight.copy_(torch.tensor([[1.0, 2.0], [0.0, -1.0]]))
        glu.linear.bias.copy_(torch.tensor([0.5, 0.0]))
    x = torch.tensor([1.0, 3.0]).reshape(1, 2, 1, 1)
    gate = torch.sigmoid(torch.tensor([1.0, 3.0]))
    torch.testing.assert_close(glu(x).flatten(), torch.tensor([7.5, -3.0]) * gate)


def test_weak_scores_pool_the_strong_ones_by_a_softmax_over_classes():
    torch.manual_seed(0)
    config = CRNNConfig(channels=(4,) * 7, cells=4, n_classes=3, dropout=0.0)
    model = CRNN(config).eval()
    heads = {}
    model.attention.register_forward_hook(lambda _, __, out: heads.update(attention=out))
    output = model(torch.rand(1, 128, 64))
    attention = torch.softmax(heads["attention"], -1)[0]  # (T, K)
    strong = output.strong[0].T
    torch.testing.assert_close(output.weak[0], (strong * attention).sum(0) / attention.sum(0))


def test_there_is_no_dropout_between_the_layers_of_the_gru_unless_asked():
    assert CRNN().rnn.dropout == 0.0
    assert CRNN(CRNNConfig(recurrent_dropout=0.3)).rnn.dropout == 0.3
    for preset in ("paper", "desk", "gpu"):
        assert CRNN(load_preset(preset).detector).rnn.dropout == 0.0


def test_batch_norm_has_the_constants_of_the_reference():
    norm = CRNN().cnn[0][1]
    assert (norm.eps, norm.momentum) == (1e-3, 0.99)
