import hashlib
from pathlib import Path

from vae.seen import seen, write_seen


def test_training_faces_are_known_again(tmp_path: Path) -> None:
    digests = [hashlib.sha256(bytes([number])).hexdigest() for number in range(6)]
    assert not seen(tmp_path, digests).any(), "a run without the note knows nothing"
    write_seen(tmp_path, digests[:3])
    assert seen(tmp_path, digests).tolist() == [True] * 3 + [False] * 3
