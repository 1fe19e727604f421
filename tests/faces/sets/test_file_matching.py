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


def test_a_name_that_two_wanted_files_share_is_given_to_neither():
    wanted = ["train/1.jpg", "val/1.jpg", "val/2.jpg", "val/2.jpg"]
    listed = ["/d/train/1.jpg", "/d/val/2.jpg", "/d/val/2.jpg"]
    assert match_files(wanted, listed).tolist() == [-1, -1, 1, 1]
    assert match_files(["a/1.png", "b/1.jpg"], ["c/1.webp"]).tolist() == [-1, -1]
