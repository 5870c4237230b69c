import threading

import pytest
import torch
from threadpoolctl import threadpool_info

from chirplib._common.threads import run


def numbers_of_threads():
    """Of PyTorch, in this thread and in one that begins now, and of each library."""
    new = []
    thread = threading.Thread(target=lambda: new.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    libraries = sorted(
        (library["filepath"], library["num_threads"]) for library in threadpool_info()
    )
    return torch.get_num_threads(), new, libraries


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("count", [1, 2])
def test_the_caller_has_its_threads_back_after_an_error(error, count):
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        run(abs, [1])  # the threads are made
        expected = numbers_of_threads()

        def task(argument):
            if argument == 1:
                raise error
            return torch.get_num_threads()

        assert run(task, [0, 2]) == [1, 1]
        with pytest.raises(error):
            run(task, [0, 1, 2])
        assert numbers_of_threads() == expected
        assert run(task, [0, 2]) == [1, 1]
    finally:
        torch.set_num_threads(before)
