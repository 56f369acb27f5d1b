"""Searches the version in a file name that no rule of a format lays out.

1. Platforms are blanked out. What is left is searched for two or more numbers with dots between that begin
   the name or stand behind a separator, a mark (v, version, r), a dot behind letters, or a character beyond
   ASCII. A number that is glued to a word belongs to the word (python3.12, mc1.20.1).
2. Each is taken with all that makers write behind: stages, counts, dates, commits, build metadata. If what is
   glued to it is not understood, or if it goes on in a way that versions cannot, it is not taken at all.
3. Dates, times, addresses, measures and numbers of chapters are not taken.
4. Of several, the one with a v goes before one without, and that before one behind a platform or behind the
   name of something that has versions of its own (ubuntu-22.04). Of equals the last one counts
   (log4j-1.2-api-2.17.1).
"""

from wxcloudrun.formats.name_doubts import is_no_version
from wxcloudrun.formats.name_patterns import (
    BLANK,
    JAR_QUALIFIER,
    LAST_LETTERS_OF_MARKS,
    LONGER_NUMBERS,
    MARK,
    MARK_CHARACTERS,
    NUMBERS,
    PLATFORM,
    REVISION,
    SCALA,
    SUFFIX,
    UNFINISHED,
    WORD_BEFORE,
    WORD_CHARACTERS,
)
from wxcloudrun.formats.name_words import LANGUAGES, OWNERS

# Each group of numbers may cost a look at the whole name.
MOST_GROUPS = 16
_SEPARATORS = frozenset("-_@ (~+[" + BLANK)
_OWNED, _BORROWED, _BEHIND_A_PLATFORM, _PLAIN, _MARKED = range(5)

# A version, how sure it is, and where the search goes on.
type _Candidate = tuple[str, int, int]


def version_in_text(text: str, kind: str) -> str | None:
    """Return the version in a name without its endings; `kind` is what these say the file is."""
    if "_" in text:
        text = SCALA.sub("-", text)
    text = PLATFORM.sub(BLANK, text)
    best, best_rank, place = None, _OWNED, 0
    for _ in range(MOST_GROUPS):
        numbers = NUMBERS.search(text, place)
        if not numbers:
            return best
        place = numbers.end()
        if found := _candidate(text, numbers.start(), place, kind):
            version, rank, place = found
            # Of two behind platforms the first counts, else the last.
            if rank > best_rank or rank == best_rank >= _PLAIN:
                best, best_rank = version, rank
    return None


def _candidate(text: str, start: int, end: int, kind: str) -> _Candidate | None:
    left = _start_of_mark(text, start)
    if left == start and not _may_start(text, start):
        return None
    whole = _end_of_suffix(text, start, end, kind)
    if whole is None:
        return None
    is_marked = text[left] in "vV"
    word = WORD_BEFORE.search(text, max(0, left - WORD_CHARACTERS), left)
    owner = word[0].lower() if word else ""
    if not is_marked and is_no_version(text, start, end, owner, kind):
        return None
    version = text[start:whole]
    if word and word.start() and (owner in OWNERS or owner in LANGUAGES):
        # What looks like its suffix may be the version of the file itself: ubuntu-22.04-1.4.0.
        return (version, _rank_behind(owner, text[start:end]), end)
    if whole == end and (revision := REVISION.match(text, end)):
        whole = revision.end()
    if is_marked:
        return (version, _MARKED, whole)
    is_behind_a_platform = BLANK in text[max(0, left - 2) : left]
    return (version, _BEHIND_A_PLATFORM if is_behind_a_platform else _PLAIN, whole)


def _rank_behind(owner: str, numbers: str) -> int:
    """Tell whether numbers behind something that has versions of its own may be the file's if they are alone.

    Two are the owner's own; of a language they are only if it had them. Three are hardly.
    """
    if numbers.count(".") > 1:
        return _BORROWED
    own = LANGUAGES.get(owner)
    return _BORROWED if own and not own.fullmatch(numbers) else _OWNED


def _start_of_mark(text: str, start: int) -> int:
    """Return where the mark begins that stands before text[start:], or `start` if there is none."""
    last, last_but_one = text[start - 1 : start], text[start - 2 : start - 1]
    if last not in LAST_LETTERS_OF_MARKS and last_but_one not in LAST_LETTERS_OF_MARKS:
        return start
    mark = MARK.search(text, max(0, start - MARK_CHARACTERS), start)
    return mark.start() if mark else start


def _may_start(text: str, start: int) -> bool:
    before = text[start - 1 : start]
    if before == ".":
        before_dot = text[start - 2 : start - 1]
        return before_dot.isalpha() or before_dot == BLANK
    return not before or before in _SEPARATORS or not before.isascii()


def _end_of_suffix(text: str, start: int, end: int, kind: str) -> int | None:
    """Return where the version ends whose numbers are text[start:end]; None if its rest cannot be read."""
    if text.startswith(BLANK, end + 1):
        return end  # a platform behind a separator, as in most names
    if text.count(".", start, end) == 1 and (REVISION.match(text, end) or LONGER_NUMBERS.match(text, end)):
        return end
    if suffix := SUFFIX.match(text, end):
        end = suffix.end()
    if kind == "jar" and (qualifier := JAR_QUALIFIER.match(text, end)):
        end = qualifier.end()
    behind = text[end : end + 1]
    if not behind:
        return end
    is_glued = behind.isascii() and behind.isalnum()
    return None if is_glued or UNFINISHED.match(text, end) else end
