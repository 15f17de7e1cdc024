"""Files that are replaced as a whole, also by several writers at the same time."""

import pytest

from attn_widget.atomic_files import replacing


def test_of_two_who_write_at_the_same_time_the_last_one_counts(tmp_path):
    path = tmp_path / "data"
    with replacing(path) as first:
        first.write(b"the first, which is longer")
        with replacing(path) as second:
            second.write(b"the second")
        assert path.read_bytes() == b"the second"
    assert path.read_bytes() == b"the first, which is longer"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_stays_as_it_was_where_writing_fails(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"half", "no bytes"])
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
