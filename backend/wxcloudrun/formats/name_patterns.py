"""The patterns of the search in file names: platforms, and what makers write behind numbers."""

import re

_FLAGS = re.VERBOSE | re.IGNORECASE | re.ASCII

# No file name has this character, and nothing that is searched for contains it.
BLANK = "\0"

# Processors, widths of words and systems, some of which have digits that are no version. They are sorted by
# their first letter because the search is twice as fast so.
PLATFORM = re.compile(
    r"""
    (?<![a-z0-9])
    (?: a (?: md64 (?: v[1-4] )? | rm (?: 64 (?: [-_]v8a | ec | e )? | eabi (?: [-_]v7a )? | v[5-9][a-z]{0,3}
            | hf | el | 32 )? | arch[-_]?(?:64|32) (?: _be )? )
      | i (?: [3-6]86 | a(?:32|64) | ntel64 )
      | l (?: inux (?: 32 | 64 )? | oong (?: arch )? 64 )
      | mips (?: 64 )? (?: el | le )?
      | (?: osx | mac | macos ) [-_]? (?: 32 | 64 ) (?![0-9]) | osx
      | darwin [0-9]*
      | p (?: owerpc | pc ) (?: 32 | 64 (?: le | el )? )?
      | riscv (?:32|64) (?: gc )?
      | s (?: 390x? | parc (?: 64 | v9 )? )
      | w (?: in (?: dows )? (?: [-_]? (?: 32 | 64 | x64 | x86 )
          | (?: 7 | 8 (?: [.]1 )? | 10 | 11 | xp ) (?: -8[.]1 (?![.]) )? )? | 32 | 64 ) (?: bit )?
      | x (?: 86 (?: [-_]? (?:64|32) )? | 64 | 32 )
      | (?<![.]) (?:32|64) [-_\ ]? bits? | (?<=[.]) (?:32|64) bits?
      | (?<=[-_]) (?:32|64|[3-6]86) (?= [-_] | \Z )
    )
    (?![a-z0-9])
    """,
    _FLAGS,
)

# Scala's version stands between the name of a library and its version.
SCALA = re.compile(r"_ (?: 2[.]1[0-3] | 3 ) (?= -v?[0-9] )", _FLAGS)
# A number that begins the digits of a commit (2024.0.0.34caeefd078) is left to what stands behind numbers.
NUMBERS = re.compile(
    r"[0-9]++ (?: ! [0-9]++ )? (?: [.] [0-9]++ (?! [a-f][0-9a-f]{4,40}+ (?![a-z0-9]) ) )++", _FLAGS
)

# Words behind the numbers that belong to the version. Those at the end do so only with a number of their own,
# for `-rel` or `-build` alone describe the file.
_STAGE = r"""
    (?: alpha | beta | preview | prerelease | pre | rc | cr | milestone | dev | development | next | insiders?
      | experimental | unstable | edge | eap | ea | wip | dirty | post | ga | final | lts | esr | incubating
      | dfsg | (?: hot | bug )? fix | patch (?: ed )? | test (?: ing )? | daily | weekly
      | (?-i:RELEASE) ) [0-9]*+
  | (?: snapshot | nightly | canary | git | commit ) (?: [0-9][0-9a-f]*+ )?
  | (?: patch | hotfix | fix | update | sp | sr | pl | pr | rel | rev | build | tp | snap | svn | hg | bzr
      | redhat ) [-._]? [0-9]++
"""
_HASH = r"(?: g[0-9a-f]{4,40}+ | (?= [a-f]*+[0-9] ) [0-9a-f]{6,40}+ )"
_END = r"(?![a-z0-9])"
SUFFIX = re.compile(
    rf"""
    # glued to the numbers: 2.1.0beta, 1.0a2dev, 10.5p1, 1.1.1w
    (?: (?: (?: {_STAGE} | [a-wyz][0-9]++ ){{1,4}}+ | [a-wyz] ) {_END} )?+
    (?: (?= [-._+~] [-~0-9a-z] ) (?:
        (?: --? | [._] ) (?: {_STAGE} ) {_END}                 # -rc1, .Final, -SNAPSHOT
      | [-_.] [abcimpruv][0-9]++ {_END}                        # -p1, .v20240208, _r4
      | - [a-z] {_END}                                         # -r
      | [-_.] [0-9]++ {_END}                                   # -7, -20240701, .2 behind a stage
      | [-_.] {_HASH} {_END}                                   # -gabc1234, -089bfa567519
      | - [a-z]++ [.] (?: [0-9]++ | {_HASH} ) {_END}           # -bridge.0
      | [+~]++ [0-9a-z]++ (?: [.][0-9a-z]++ )*+                # +build.5, ~rc1
    ) )*+
    """,
    _FLAGS,
)
# A series in the name of the file, 4.1 of webkit-4.1-2.50.6, is followed by more numbers than it has.
LONGER_NUMBERS = re.compile(r"[-_]++ v? [0-9]++ [.][0-9]++ [.][0-9]", _FLAGS)
# A packager counts 1.0, 2.0 behind a version of two numbers.
REVISION = re.compile(r"-[0-9][.]0(?![.0-9a-z])", _FLAGS)
# Maven's libraries say for which Java they are; elsewhere such words name what is packed along.
JAR_QUALIFIER = re.compile(r"[-.]jre[0-9]*+\Z | -android\Z", _FLAGS)
# The rest of a version that cannot be one: versions have no spaces and no letters beyond ASCII.
UNFINISHED = re.compile(
    r"""
    [.] (?: [x*] (?![a-z0-9]) | [0-9] )
  | (?: \ ? [(] | \ ) \ ? (?: alpha | beta | preview | pre | rc | dev | snapshot | nightly | canary | build
                            | update | patch | sp ) (?![a-z])
  | [-_\ (\uff08]? (?: 测试 | 内测 | 公测 | 预览 | 体验 | 开发 | 灰度 | 候选 | 修复 | 补丁 | 热更 )
  | [@,=\#] [0-9a-z]
    """,
    _FLAGS,
)
MARK = re.compile(
    r"""
    (?: (?<![a-z0-9]) (?: version | ver | v | release | rel | rev | r ) | (?<= [a-z0-9]) (?-i:V) )
    [-._\ ]? \Z
    """,
    _FLAGS,
)
MARK_CHARACTERS = 9
LAST_LETTERS_OF_MARKS = frozenset("vVrRnNeElL")
WORD_BEFORE = re.compile(r"(?<![a-z0-9]) [a-z]++ (?= [-._\ ]{0,3} \Z )", _FLAGS)
WORD_CHARACTERS = 16
