"""The shipped clips and their ground truth: soundscapes of synthesised sounds.

examples.json lists each clip's name, title and random seed. ``jss render examples DIR``
renders them again; speech is spoken by espeak-ng where it is installed, else by the formant voice.
"""
