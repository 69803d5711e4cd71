"""The shipped clips and their ground truth: soundscapes by the built-in synthesiser, re-rendered by
one command.

examples.json names the clips, their titles and the number each is drawn from; ``python -m jss
render examples DIR`` makes them again (the words are spoken by espeak-ng where it is installed, by
the formant voice elsewhere).
"""
