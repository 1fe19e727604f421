"""Files of one table in another: by path, else by name, else without the suffix."""

from faces.sets.file_matching import match_files


def test_paths_come_before_names():
    listed = ["a/1.png", "b/1.png", "b/2.png"]
    assert match_files(["b/1.png", "c/2.png", None], listed).tolist() == [1, -1, -1]


def test_names_count_where_they_are_of_one_file():
    assert match_files(["x/1.png", "x/2.png"], ["a/1.png", "b/1.png", "b\\2.png"]).tolist() == [
        -1,
        2,
    ]


def test_suffixes_are_left_aside_last():
    assert match_files(["clip1", "clip2"], ["v/clip2.mp4", "v/clip1.mp4"]).tolist() == [1, 0]
    assert match_files(["nothing"], ["v/clip2.mp4", None]).tolist() == [-1]
