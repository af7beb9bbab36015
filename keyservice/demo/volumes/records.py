"""Where volumes lie: a directory with a record and a file of encrypted sectors for each. Nothing in it opens a volume.

vol-….json      what the store knows of the volume, its data key encrypted by the key service
vol-….sectors   the sectors as they were encrypted; holes where nothing was written
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from keyservice.demo.files import replace_file
from keyservice.demo.volumes.volume import Attachment, Volume


class VolumeRecords:
    """The records in a directory, which is made for its owner only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def all(self) -> Iterator[Volume]:
        """Every volume that is there."""
        for path in sorted(self._directory.glob("vol-*.json")):
            yield _volume(path.read_bytes())

    def put(self, volume: Volume) -> None:
        """Keep a volume as it is now, in one step."""
        record = asdict(volume) | {"encrypted_key": base64.b64encode(volume.encrypted_key).decode("ascii")}
        replace_file(self._path(volume.id), json.dumps(record).encode())

    def delete(self, volume_id: str) -> None:
        """Forget a volume: first how to open it, then what is on it."""
        self._path(volume_id).unlink()
        self.sectors(volume_id).unlink(missing_ok=True)

    def sectors(self, volume_id: str) -> Path:
        """The file of a volume's sectors."""
        return self._directory / f"{volume_id}.sectors"

    def _path(self, volume_id: str) -> Path:
        return self._directory / f"{volume_id}.json"


def _volume(text: bytes) -> Volume:
    record = json.loads(text)
    attachment = record.pop("attachment")
    encrypted_key = base64.b64decode(record.pop("encrypted_key"))
    return Volume(
        **record, encrypted_key=encrypted_key, attachment=None if attachment is None else Attachment(**attachment)
    )
