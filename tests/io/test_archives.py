"""Archives of others: everything inside the folder, or nothing anywhere."""

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import tracemalloc
import zipfile

import pytest

from deeplabcut.core import faults
from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing, NoSpace, StorageError, UnsafeFile
from deeplabcut.io.archives import Limits, unpack

FILES = {"model/a.ckpt.index": b"index", "model/deep/b.data": bytes(range(256)) * 40, "readme.txt": b""}


def tarred(path, entries, mode="w:gz"):
    """A tar of (name or TarInfo, content) pairs."""
    with tarfile.open(path, mode) as file:
        for name, content in entries:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def special(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def everything_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def place(tmp_path):
    """A folder in a folder, so that what leaves the inner one is seen."""
    (tmp_path / "inner").mkdir()
    return tmp_path / "inner"


def refuses(archive, folder, error=UnsafeFile, **options):
    before = everything_below(folder.parent)
    with pytest.raises(error) as caught:
        unpack(archive, folder, **options)
    assert everything_below(folder.parent) == before
    assert [p.name for p in folder.parent.iterdir() if p.name.startswith(".dlc")] == []
    return str(caught.value)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars_of_every_compression_unpack(tmp_path, place, mode):
    found = unpack(tarred(tmp_path / "x.bin", FILES.items(), mode), place)
    assert everything_below(place) == FILES and [path.relative_to(place).as_posix() for path in found] == list(FILES)


def test_zips_unpack_with_their_folders(tmp_path, place):
    unpack(zipped(tmp_path / "x.zip", [("model/", b""), *FILES.items()]), place)
    assert everything_below(place) == FILES


def test_a_new_folder_appears_with_everything_in_it(tmp_path):
    archive = tarred(tmp_path / "x.tgz", FILES.items())
    unpack(archive, tmp_path / "new")
    assert everything_below(tmp_path / "new") == FILES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "x.tgz"]


def test_flat_puts_every_file_under_its_last_name(tmp_path, place):
    unpack(tarred(tmp_path / "x.tgz", FILES.items()), place, flat=True, wanted=lambda name: name.startswith(("a", "b")))
    assert sorted(everything_below(place)) == ["a.ckpt.index", "b.data"]


def test_an_archive_without_the_wanted_files_is_of_no_use(tmp_path, place):
    archive = tarred(tmp_path / "x.tgz", FILES.items())
    assert "none of the files" in refuses(archive, place, DamagedFile, wanted=lambda name: False)


def test_files_that_are_there_are_replaced_only_if_asked(tmp_path, place):
    archive = tarred(tmp_path / "x.tgz", FILES.items())
    (place / "readme.txt").write_text("mine")
    assert "there already" in refuses(archive, place, InvalidInput)
    unpack(archive, place, overwrite=True)
    assert everything_below(place) == FILES


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/abs", "..", "C:/x", "C:x", "a\\..\\x", "\\\\share\\x", "a\nb", "x" * 256, "nul\0x"]
)
def test_T36_names_that_lead_out_are_refused(tmp_path, place, name):
    good = ("good.txt", b"good")
    if "\0" not in name:
        refuses(tarred(tmp_path / "x.tgz", [good, (name, b"evil")]), place)
    archive = zipped(tmp_path / "x.zip", [good, (name.replace("\0", "_"), b"evil")])
    archive.write_bytes(archive.read_bytes().replace(b"nul_x", b"nul\0x"))
    refuses(archive, place)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "entry",
    [
        special("link", tarfile.SYMTYPE, "/etc/passwd"),
        special("link", tarfile.SYMTYPE, "../x"),
        special("link", tarfile.LNKTYPE, "good.txt"),
        special("pipe", tarfile.FIFOTYPE),
        special("disk", tarfile.BLKTYPE),
        special("tty", tarfile.CHRTYPE),
    ],
    ids=lambda entry: f"{entry.name}{entry.type!r}",
)
def test_T36_links_and_devices_are_refused(tmp_path, place, entry):
    archive = tarred(tmp_path / "x.tgz", [("good.txt", b""), (entry, b""), ("link/evil", b"evil")])
    assert "a link or a device" in refuses(archive, place)


def test_T36_links_in_zips_are_refused(tmp_path, place):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    assert "a link" in refuses(zipped(tmp_path / "x.zip", [(link, "/etc"), ("link/x", b"evil")]), place)


def test_T36_a_link_that_waits_in_the_folder_is_not_followed(tmp_path, place):
    (tmp_path / "outside").mkdir()
    (place / "model").symlink_to(tmp_path / "outside")
    refuses(tarred(tmp_path / "x.tgz", FILES.items()), place, InvalidInput, overwrite=True)
    assert everything_below(tmp_path / "outside") == {}


@pytest.mark.parametrize(
    "names",
    [["a", "a"], ["a", "./a"], ["A", "a"], ["caf\u00e9", "cafe\u0301"], ["a", "a/b"], ["a/b", "a"], ["A/b", "a"]],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_T36_names_that_fall_together_are_refused(tmp_path, place, names):
    entries = [(name, b"x") for name in names]
    assert "twice" in refuses(tarred(tmp_path / "x.tgz", entries), place)
    assert "twice" in refuses(zipped(tmp_path / "x.zip", entries), place)


def test_T36_zips_with_names_that_are_none_are_refused(tmp_path, place):
    archive = zipped(tmp_path / "x.zip", [("good.txt", b"good"), ("caf\u00e9", b"x")])
    archive.write_bytes(archive.read_bytes().replace("\u00e9".encode(), b"\xc3."))
    assert "damaged" in refuses(archive, place, DamagedFile)
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        nameless = zipfile.ZipInfo()
        nameless.filename = ""
        archive.writestr(nameless, b"x")
    assert "without a name" in refuses(tmp_path / "y.zip", place)


def test_files_of_one_name_in_two_folders_cannot_be_flat(tmp_path, place):
    archive = tarred(tmp_path / "x.tgz", [("a/x", b"1"), ("b/x", b"2")])
    assert "twice" in refuses(archive, place, flat=True)
    assert len(unpack(archive, place)) == 2


class Zeros(io.RawIOBase):
    """A file of zeros that takes no memory."""

    def __init__(self, n):
        self.left = n

    def read(self, n=-1):
        n = min(n, self.left)
        self.left -= n
        return bytes(n)


def bomb(path, n_bytes):
    """A small tar.gz of one file of zeros."""
    info = tarfile.TarInfo("zeros")
    info.size = n_bytes
    with tarfile.open(path, "w:gz", compresslevel=1) as file:
        file.addfile(info, Zeros(n_bytes))
    return path


def test_T36_more_than_the_ratio_allows_is_refused(tmp_path, place):
    archive = bomb(tmp_path / "x.tgz", 200 << 20)
    assert "unpack to more than" in refuses(archive, place)
    assert "unpack to more than" in refuses(zipped(tmp_path / "x.zip", [("zeros", bytes(60 << 20))]), place)


def test_T36_ten_gigabytes_of_zeros_are_refused_by_their_header(tmp_path, place):
    info = tarfile.TarInfo("zeros")
    info.size = 10 << 30
    archive = tmp_path / "x.tgz"
    archive.write_bytes(gzip.compress(info.tobuf() + bytes(1 << 20)))
    assert "unpack to more than" in refuses(archive, place)


def test_T36_a_limit_of_bytes_and_of_files_holds(tmp_path, place):
    archive = tarred(tmp_path / "x.tgz", [(f"{i}", os.urandom(100)) for i in range(20)])
    assert "more than 1,000 bytes" in refuses(archive, place, limits=Limits(n_bytes=1000))
    assert "more than 10 files" in refuses(archive, place, limits=Limits(n_entries=10))
    assert len(unpack(archive, place, limits=Limits(n_bytes=2000, n_entries=20))) == 20


def test_T36_a_zip_that_lies_about_its_sizes_is_refused(tmp_path, place):
    archive = zipped(tmp_path / "x.zip", [("zeros", bytes(60 << 20))])
    content = archive.read_bytes()
    archive.write_bytes(content.replace(struct.pack("<I", 60 << 20), struct.pack("<I", 100)))
    refuses(archive, place, (DamagedFile, UnsafeFile))


def test_T36_headers_that_ask_for_memory_do_not_get_it(tmp_path, place):
    """A name of two gigabytes, well compressed."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2 << 30
    archive = tmp_path / "x.tgz"
    archive.write_bytes(gzip.compress(info.tobuf() + bytes(1 << 20)))
    tracemalloc.start()
    assert "absurd" in refuses(archive, place, limits=Limits(ratio=1 << 40))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 << 20


def test_T36_files_with_holes_are_refused(tmp_path, place):
    info = tarfile.TarInfo("holes")
    info.type = tarfile.GNUTYPE_SPARSE
    archive = tarred(tmp_path / "x.tgz", [(info, bytes(512))])
    refuses(archive, place, (UnsafeFile, DamagedFile))


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_T36_zips_whose_content_unpacks_without_a_limit_are_refused(tmp_path, place, kind):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", kind) as file:
        file.writestr("zeros", bytes(1000))
    assert "unusual way" in refuses(tmp_path / "x.zip", place)


def test_encrypted_zips_are_refused(tmp_path, place):
    archive = zipped(tmp_path / "x.zip", [("a", b"secret")])
    content = bytearray(archive.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    archive.write_bytes(bytes(content))
    assert "encrypted" in refuses(archive, place)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_damaged_and_foreign_files_leave_nothing(tmp_path, place, compress):
    plain = tarred(tmp_path / "x.tar", FILES.items(), "w").read_bytes()
    whole = compress(plain[:14_000])
    for content in (whole[: len(whole) // 2], compress(b"no tar at all" * 200), b""):
        (tmp_path / "x").write_bytes(content)
        refuses(tmp_path / "x", place, DamagedFile)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    if compress is not bytes:
        (tmp_path / "x").write_bytes(bytes(damaged))
        refuses(tmp_path / "x", place, DamagedFile)


def test_a_damaged_zip_leaves_nothing(tmp_path, place):
    content = bytearray(zipped(tmp_path / "x.zip", [("a", os.urandom(5000)), ("b", b"x" * 50)]).read_bytes())
    content[2000] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(bytes(content))
    assert "damaged" in refuses(tmp_path / "x.zip", place, DamagedFile)


def test_T5_a_full_or_failing_disk_leaves_nothing(tmp_path, place):
    archive = tarred(tmp_path / "x.tgz", FILES.items())
    with faults.injected("enospc:100"):
        refuses(archive, place, NoSpace)
    for step in ("write:1", "fsync:2", "replace:1"):
        with faults.injected(step):
            refuses(archive, place, StorageError)


def test_an_archive_that_is_not_there_is_named(tmp_path, place):
    with pytest.raises(Missing, match=r"x\.tgz"):
        unpack(tmp_path / "x.tgz", place)
