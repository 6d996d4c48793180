"""``Archive``: entries of a zip file from elsewhere, in memory and with a limit.

Nothing is unpacked to the disk, so the names of entries lead nowhere. What entries expand to is
counted while it happens; the sizes that the file claims are not believed. Inspect compresses with
Zstandard (method 93 of PKWARE's APPNOTE.TXT 6.3.8), which Python's zipfile reads since 3.14.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from summarizer.closing import Closing
from summarizer.errors import ConfigurationError, MissingExtraError
from summarizer.evaluation.bridges.log import MAX_BYTES, too_large

_ZSTANDARD: Final = 93
_ENCRYPTED: Final = 0x1
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
# A window is memory; zstd itself makes none above 128 MiB unless told to.
_MAX_WINDOW: Final = 128 * 2**20


class Archive(Closing):
    """A zip file that is open for reading. Close it.

    Raises ConfigurationError for a file that cannot be read or is no zip file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = MAX_BYTES
        try:
            self._file: IO[bytes] = path.open("rb")
        except OSError as error:
            raise ConfigurationError(f"cannot read {str(path)!r}: {error.strerror}") from None
        try:
            self._zip = ZipFile(self._file)
        except (BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
            self._file.close()
            raise ConfigurationError(f"{str(path)!r} is a damaged zip file: {error}") from None

    @property
    def names(self) -> list[str]:
        """The entries, each once."""
        return list(dict.fromkeys(self._zip.namelist()))

    def read(self, name: str) -> bytes:
        """An entry; of several with one name the last, as Inspect has it.

        Raises:
            ConfigurationError: it is not there, damaged, encrypted, or too large.
            MissingExtraError: it is compressed with Zstandard, which is not installed.
        """
        where = f"{name} in {str(self._path)!r}"
        try:
            info = self._zip.getinfo(name)
            data = self._expanded(info, where)
        except KeyError:
            raise ConfigurationError(f"there is no {where}") from None
        except (BadZipFile, zlib.error, EOFError, OSError, struct.error) as error:
            raise ConfigurationError(f"{where} is damaged: {error}") from None
        if len(data) > self._left:
            raise too_large(where)
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Nothing more is read."""
        self._zip.close()
        self._file.close()

    def _expanded(self, info: ZipInfo, where: str) -> bytes:
        """The entry, or one byte more of it than may be."""
        if info.flag_bits & _ENCRYPTED:
            raise ConfigurationError(f"{where} is encrypted")
        if info.compress_type == _ZSTANDARD:
            return self._zstandard(info, where)
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ConfigurationError(
                f"{where} is compressed by method {info.compress_type}, which Inspect does not use"
            )
        with self._zip.open(info) as entry:
            return entry.read(self._left + 1)

    def _zstandard(self, info: ZipInfo, where: str) -> bytes:
        try:
            import zstandard
        except ImportError:
            raise MissingExtraError(f"reading {str(self._path)!r}", extra="inspect") from None
        if info.compress_size > self._left:
            raise too_large(where)
        self._file.seek(info.header_offset)
        mark, name, extra = _LOCAL_HEADER.unpack(self._file.read(_LOCAL_HEADER.size))
        if mark != b"PK\x03\x04":
            raise BadZipFile("no entry where the directory says")
        self._file.seek(name + extra, io.SEEK_CUR)
        packed = io.BytesIO(self._file.read(info.compress_size))
        reader = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).stream_reader(
            packed, read_across_frames=True
        )
        try:
            data = reader.read(self._left + 1)
        except zstandard.ZstdError as error:
            raise BadZipFile(str(error)) from None
        if len(data) <= self._left and zlib.crc32(data) != info.CRC:
            raise BadZipFile("its checksum differs")
        return data
