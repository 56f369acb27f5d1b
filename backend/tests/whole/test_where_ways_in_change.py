"""The places in the code that change a way in are known: who adds one thinks of proof, notice and ending."""

import ast
from collections.abc import Iterator

from tests.whole.test_architecture import PACKAGE_FILES, name_of, parsed

COLUMNS = {"password_hash", "is_admin", "second_factor_at", "cookie_hash", "key_hash"}
ROWS = {"WechatIdentity", "SecondFactor", "RecoveryCode", "ApiKey", "LoginSession"}
KNOWN = {
    "wxcloudrun/keys/service/keys.py",
    "wxcloudrun/mails/service/recovery.py",
    "wxcloudrun/second_factors/service/enrolment.py",
    "wxcloudrun/sessions/service/door.py",
    "wxcloudrun/sessions/service/sessions.py",
    "wxcloudrun/users/models.py",
    "wxcloudrun/users/service/administration.py",
    "wxcloudrun/users/service/binding.py",
    "wxcloudrun/users/service/users.py",
    "wxcloudrun/wechat/service/binding.py",
    "wxcloudrun/wechat/service/logins.py",
}


def assigned(node: ast.AST) -> Iterator[str]:
    """Yield the attributes that a statement writes."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    for target in targets:
        parts = target.elts if isinstance(target, ast.Tuple) else [target]
        yield from (each.attr for each in parts if isinstance(each, ast.Attribute))


def changes_way_in(node: ast.AST) -> bool:
    """Tell whether a statement writes a way in, or makes one."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ROWS
    return bool(COLUMNS & set(assigned(node)))


def test_ways_in_change_in_these_files_alone() -> None:
    changing = {
        name_of(path)
        for path in PACKAGE_FILES
        if any(changes_way_in(node) for node in ast.walk(parsed(path)))
    }

    assert changing == KNOWN
