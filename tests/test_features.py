import librosa
import numpy as np
import torch

from jss.features import MelSpectrogram, mel_filters, scale, score_frames, to_db


def test_mel_filters_equal_librosa():
    expected = librosa.filters.mel(
        sr=16000, n_fft=2048, n_mels=128, fmin=0, fmax=8000, htk=True, norm=None
    )
    np.testing.assert_allclose(mel_filters().numpy(), expected, atol=1e-6)


def test_mel_spectrogram_equals_librosa():
    rng = np.random.default_rng(0)
    t = np.arange(160000) / 16000
    x = (0.3 * np.sin(2 * np.pi * (200 + 300 * t) * t) + 0.01 * rng.standard_normal(160000)).astype(
        np.float32
    )
    window = np.hamming(2048)
    spectrum = np.abs(
        librosa.stft(x, n_fft=2048, hop_length=256, window=window, center=True, pad_mode="reflect")
    )
    filters = librosa.filters.mel(
        sr=16000, n_fft=2048, n_mels=128, fmin=0, fmax=8000, htk=True, norm=None
    )
    expected = filters @ spectrum
    mel = MelSpectrogram()(torch.from_numpy(x)).numpy()
    assert mel.shape == (128, 626)
    np.testing.assert_allclose(mel, expected, rtol=1e-5, atol=1e-5 * expected.max())


def test_decibels_are_clamped():
    db = to_db(torch.tensor([0.0, 1e-5, 1.0, 10.0, 1e9]))
    torch.testing.assert_close(db, torch.tensor([-50.0, -50.0, 0.0, 20.0, 80.0]))


def test_each_clip_is_scaled_to_the_unit_interval():
    db = torch.randn(3, 4, 128, 20) * 10
    scaled = scale(db)
    torch.testing.assert_close(scaled.amin((-2, -1)), torch.zeros(3, 4))
    torch.testing.assert_close(scaled.amax((-2, -1)), torch.ones(3, 4))
    assert (scale(torch.full((1, 128, 5), -50.0)) == 0).all()


def test_ten_seconds_have_156_score_frames():
    assert score_frames(160000) == 156
