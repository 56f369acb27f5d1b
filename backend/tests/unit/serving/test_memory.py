"""How many heaps the threads of a process have, and what the search for cycles passes over."""

import ctypes
import gc
import multiprocessing
import threading
from pathlib import Path

import pytest

from wxcloudrun.serving import memory

THREADS = 6
SMALL_BYTES = 100_000  # less than what gets pages of its own
needs_glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="needs glibc")


def count_heaps(path: Path, *, keep_small: bool) -> None:
    """Let threads that are there at once use the heap; write down how many heaps this process has then."""
    if keep_small:
        memory.keep_small()
    library = ctypes.CDLL(None)
    library.malloc.restype, library.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
    everybody = threading.Barrier(THREADS)

    def work() -> None:
        everybody.wait(20)
        library.malloc(SMALL_BYTES)
        everybody.wait(20)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file = ctypes.c_void_p(library.fopen(bytes(path), b"w"))
    library.malloc_info(0, file)
    library.fclose(file)


def heaps(path: Path, *, keep_small: bool) -> int:
    """Count in a process of its own: a heap that is there does not go again."""
    arguments = {"path": path, "keep_small": keep_small}
    process = multiprocessing.get_context("spawn").Process(target=count_heaps, kwargs=arguments)
    process.start()
    process.join()
    return path.read_text().count("<heap nr=")


@needs_glibc
def test_given_a_process_that_is_kept_small_then_its_threads_share_two_heaps(tmp_path: Path) -> None:
    assert heaps(tmp_path / "small.xml", keep_small=True) <= memory.ARENAS


@needs_glibc
def test_given_another_process_then_it_has_more(tmp_path: Path) -> None:
    assert heaps(tmp_path / "large.xml", keep_small=False) > memory.ARENAS


def gc_facts(answer: "multiprocessing.SimpleQueue[tuple[int, int]]") -> None:
    """Tell how many objects are passed over, and how many new ones begin a search."""
    memory.collect_what_is_new()
    answer.put((gc.get_freeze_count(), gc.get_threshold()[0]))


def test_given_a_process_that_collects_what_is_new_then_what_was_there_is_passed_over() -> None:
    answer: multiprocessing.SimpleQueue[tuple[int, int]] = multiprocessing.get_context("fork").SimpleQueue()
    process = multiprocessing.get_context("fork").Process(target=gc_facts, args=(answer,))
    process.start()
    passed_over, begins_at = answer.get()
    process.join()

    assert passed_over > 1000
    assert begins_at == memory.COLLECT_EVERY
