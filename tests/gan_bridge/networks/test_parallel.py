"""Work on several threads, which leaves the process as it was."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from gan_bridge.networks.parallel import close_pools, fill_lanes, run_parallel, scratch


@pytest.fixture
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_few_jobs_do_not_lower_the_number_of_threads(three_threads: None) -> None:
    seen = set()
    for jobs in (1, 2, 7):
        run_parallel(
            lambda job: seen.add((job, torch.get_num_threads())), [(k,) for k in range(jobs)]
        )
        assert torch.get_num_threads() == 3
        born = ThreadPoolExecutor(1).submit(torch.get_num_threads)
        assert born.result() == 3
    assert {job for job, _ in seen} == set(range(7))
    assert (6, 1) in seen  # each helper works alone


def test_many_callers_at_once(three_threads: None) -> None:
    done = []
    gate = threading.Barrier(4)

    def call(name: int) -> None:
        gate.wait()
        run_parallel(lambda job: done.append((name, job)), [(k,) for k in range(20)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(4)))
    assert sorted(done) == [(name, job) for name in range(4) for job in range(20)]


def test_an_error_in_a_job_comes_out(three_threads: None) -> None:
    def fail(job: int) -> None:
        raise ValueError(job)

    with pytest.raises(ValueError, match=r"\d"):
        run_parallel(fail, [(k,) for k in range(5)])


def test_scratch_memory_is_used_again() -> None:
    first = scratch("here", 4, 5)
    assert scratch("here", 2, 3).data_ptr() == first.data_ptr()
    assert scratch("here", 40, 5).shape == (40, 5)
    assert scratch("here", 3, dtype=torch.bfloat16).dtype == torch.bfloat16


@pytest.mark.parametrize("width", [1, 16, 17])
def test_lanes_are_filled_with_zeros(width: int) -> None:
    filled = fill_lanes(torch.ones(3, width))
    assert filled.shape[1] % 16 == 0 and filled.sum() == 3 * width and filled[:, :width].all()


def _helpers() -> int:
    return sum(thread.name.startswith("tiles") for thread in threading.enumerate())


def test_threads_end_when_another_number_is_wanted(three_threads: None) -> None:
    jobs = [(k,) for k in range(9)]
    run_parallel(lambda job: None, jobs)
    assert _helpers() == 3
    torch.set_num_threads(2)
    run_parallel(lambda job: None, jobs)
    assert _helpers() == 2
    close_pools()
    assert _helpers() == 0
    run_parallel(lambda job: None, jobs)
    assert _helpers() == 2


def test_an_error_in_a_job_leaves_the_threads_for_others(three_threads: None) -> None:
    def fail(job: int) -> None:
        raise ArithmeticError(job)

    with pytest.raises(ArithmeticError):
        run_parallel(fail, [(k,) for k in range(9)])
    done: list[int] = []
    run_parallel(done.append, [(k,) for k in range(9)])
    assert sorted(done) == list(range(9))
