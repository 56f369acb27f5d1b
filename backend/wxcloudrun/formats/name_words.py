"""Words in file names whose numbers are their own: systems, tools, languages, parts of a book."""

import re

_OWNERS = """
    ubuntu debian fedora centos rhel rocky rockylinux alma almalinux alpine opensuse suse sles amzn
    amazonlinux macos macosx mac ios ipados tvos watchos android freebsd openbsd netbsd
    glibc musl gcc clang llvm msvc vs mingw cuda cudnn rocm tensorrt openssl boost openmpi mpich
    electron hadoop spark torch pytorch kde gnome minecraft mc idea intellij kernel kubernetes
    postgres postgresql mysql nginx http tls ssl usb hdmi bluetooth html css opengl opencl oauth
    for with on using
"""
# The numbers behind these words are mostly the words' own: ubuntu-22.04, cuda-12.1, for-idea-2023.2.
OWNERS = frozenset(_OWNERS.split())

_VERSIONS_OF_LANGUAGES = {
    "python py cpython pypy": r"[23][.][0-9]+",
    "java jdk jre openjdk": r"1[.][3-9]",
    "net dotnet netcore netcoreapp netstandard": r"[1-9][.]0|4[.][5-8]|[123][.]1",
    "node nodejs": r"[12]?[02468][.][0-9]+",
    "perl": r"5[.][0-9]+",
    "php": r"[5-8][.][0-9]",
    "ruby": r"[123][.][0-9]",
    "lua luajit": r"5[.][1-5]",
    "go golang rust rustc": r"1[.][0-9]{2}",
    "scala": r"2[.]1[0-3]|3[.][0-9]",
    "qt": r"[456][.][0-9]+",
}
# Many names end in a language (libxml-perl-2.41), so alone only numbers that it really had are its own.
LANGUAGES = {
    word: re.compile(numbers, re.ASCII)
    for words, numbers in _VERSIONS_OF_LANGUAGES.items()
    for word in words.split()
}

_PARTS = """
    chapter chap ch figure fig section sec lesson lecture episode ep exercise appendix page part step unit
    slide week day table track scene lab problem question homework
"""
PARTS_OF_A_WORK = frozenset(_PARTS.split())

# What people and machines note down: words that stand in such names between separators.
RECORD = re.compile(
    r"""
    (?<![a-z])
    (?: img | image | photo | picture | pic | scan | screenshot | screen\ ?shot | screencast | invoice
      | receipt | bill | statement | payslip | contract | lease | offer | quote | order | price | amount
      | total | balance | tax | minutes | meeting | notes? | memo | letter | agenda | diary | journal | cv
      | resume | logs? | backup | bak | dump | rechnung | angebot | facture | factura | bildschirmfoto
      | foto )
    (?![a-z])
  | 照片 | 图片 | 截图 | 截屏 | 录屏 | 录音 | 扫描 | 发票 | 收据 | 账单 | 合同 | 报价 | 工资 | 会议 | 纪要
  | 简历 | 通知 | 备份 | 日志
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
