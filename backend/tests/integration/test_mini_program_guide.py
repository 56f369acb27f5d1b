"""The scripts of the guide for mini-programs, run by Node against a server, on a `wx` made of `fetch`."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import wechat
from tests.support.live import BACKEND, live_server

GUIDES = [BACKEND.parent / "docs" / name for name in ("mini-program.md", "mini-program.zh-CN.md")]
SCRIPT = re.compile(r"^```js\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the guide calls, as the platform answers it: a refusal is a success with another status.
PLATFORM = r"""
const fs = require('fs'), os = require('os'), path = require('path');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wx-')), kept = {};
let logins = 0;
const lost = [];                                             // parts of URLs whose next answer gets lost
const ask = (options, body, succeed) => {
  for (const [name, value] of Object.entries(options.header)) sentHeaders.push([name, value]);
  return fetch(options.url, { method: options.method || 'GET', headers: options.header, body })
    .then((answer) => {
      const swallowed = lost.findIndex((word) => options.url.includes(word));
      if (swallowed < 0) return succeed(answer);
      lost.splice(swallowed, 1);
      return options.fail({ errMsg: 'request:fail timeout' });
    }).catch(options.fail);
};
const sentHeaders = [];
const headersOf = (answer) => Object.fromEntries(answer.headers);   // all in small letters, as on some phones
const wx = {
  login: async () => ({ code: `code${++logins}` }),
  setStorageSync: (name, value) => { kept[name] = value; },
  getStorageSync: (name) => kept[name] || '',
  getFileSystemManager: () => ({ readFileSync: (name, encoding) => fs.readFileSync(name, encoding) }),
  request(options) {
    const isText = options.data !== undefined && !(options.data instanceof ArrayBuffer);
    const body = isText ? JSON.stringify(options.data) : options.data;
    const sent = { ...options.header };
    if (!Object.keys(sent).some((name) => name.toLowerCase() === 'content-type'))
      sent['Content-Type'] = 'application/json';
    ask({ ...options, header: sent }, body, async (answer) => {
      const text = await answer.text();
      let data = text;                                       // what is no JSON stays text: nothing, for 204
      try { data = JSON.parse(text); } catch (notJson) { /* as above */ }
      options.success({ statusCode: answer.status, data, header: headersOf(answer) });
    });
  },
  downloadFile(options) {
    ask(options, undefined, async (answer) => {
      const tempFilePath = path.join(folder, 'download');
      fs.writeFileSync(tempFilePath, Buffer.from(await answer.arrayBuffer()));
      options.success({ statusCode: answer.status, tempFilePath, header: headersOf(answer) });
    });
  },
  uploadFile(options) {
    const form = new FormData();
    for (const [name, value] of Object.entries(options.formData || {})) form.append(name, String(value));
    form.append(options.name, new Blob([fs.readFileSync(options.filePath)]), path.basename(options.filePath));
    ask({ ...options, method: 'POST' }, form, async (answer) =>
      options.success({ statusCode: answer.status, data: await answer.text(), header: headersOf(answer) }));
  },
};
"""
STORY = r"""
(async () => {
  const made = path.join(folder, 'hammer-1.0.0.txt');
  fs.writeFileSync(made, 'from a phone');
  const first = await token();
  await call('POST', '/projects', { name: 'tools' });
  await call('POST', '/project/tools/packages', { name: 'hammer' });
  const deposit = await upload(made, { tag: 'stable' }, newKey());
  const untagged = await upload(made, { tag: undefined, version: null }, newKey());

  lost.push('/upload', '/upload');                         // two answers get lost: one deposit all the same
  sentHeaders.length = 0;
  const again = await uploadPersistently(made, { tag: 'again' });
  const keys = sentHeaders.filter(([name]) => name === 'Idempotency-Key').map(([, value]) => value);
  const deposits = (await call('GET', '/project/tools/hammer/uploads')).items;

  const bytes = new TextEncoder().encode('named bytes').buffer;
  const named = await put(bytes, 'note-2.0.0.txt', newKey());
  const nothing = await call('DELETE', '/project/tools/hammer/tags/again');
  const unsaid = await call('PUT', `/project/tools/hammer/tags/${undefined}`, { version: '1.0.0' })
    .catch((each) => each);

  await call('DELETE', '/auth/token');                     // revoked before its time: the next call renews
  const me = await call('GET', '/auth/me');
  const renewed = kept.tokens.access_token !== first;
  kept.tokens.until = 0;                                   // old: two calls need one refresh
  const [second, same] = await Promise.all([token(), token()]);
  kept.tokens.until = 0;
  kept.tokens.refresh_token = 'wxrt_void';                 // the login has ended
  await token();
  const refused = await download('version:9').catch((each) => each);
  LISTING
  console.log(JSON.stringify({
    version: deposit.version, renewed: second !== first && second === same, logins,
    listed: page.items.map((each) => each.version),
    bytes: fs.readFileSync(await download('tag:stable'), 'utf8'), refusal: [refused.status, refused.reason],
    untagged: [untagged.tag, untagged.version_source],
    again: [again.tag, keys.length, new Set(keys).size],
    deposits: deposits.filter((each) => each.tag === 'again').length,
    named: [named.original_name, named.version, named.content_type, named.size],
    nothing, unsaid: [unsaid.status, unsaid.reason, unsaid.errors[0].field],
    afterRevocation: [renewed, me.id > 0],
  }));
})().catch((problem) => { console.error(problem); process.exit(1); });
"""


def scripts_of(guide: Path) -> list[str]:
    """Return the scripts of a guide, in their order."""
    return [str(each) for each in SCRIPT.findall(guide.read_text(encoding="utf-8"))]


def test_given_the_guide_in_two_languages_then_the_scripts_and_the_chapters_are_the_same() -> None:
    english, chinese = GUIDES

    assert scripts_of(chinese) == scripts_of(english)
    shapes = [
        re.findall(r"^(#+|\||- )", SCRIPT.sub("", guide.read_text("utf-8")), re.MULTILINE) for guide in GUIDES
    ]
    assert shapes[0] == shapes[1], "a heading, a point of a list or a row of a table is in one of them only"


def test_given_the_scripts_of_the_guide_then_they_do_what_it_says(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node: not installed")
    scripts = scripts_of(GUIDES[0])
    (listing,) = [each for each in scripts if each.startswith("const page")]
    scripts.remove(listing)
    with wechat.played_wechat() as played:
        played.answers = {"code1": [wechat.person()], "code2": [wechat.person()]}
        with live_server(tmp_path / "data", **{**wechat.SETTINGS, "WX_API_BASE": played.url}) as server:
            script = PLATFORM + "".join(scripts).replace("https://registry.example.com", server.url)
            script += STORY.replace("LISTING", listing)

            done = subprocess.run(
                [node, "-e", script], capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path
            )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "version": "1.0.0",
        "renewed": True,
        "logins": 2,
        "listed": ["2.0.0", "1.0.0"],
        "bytes": "from a phone",
        "refusal": [404, "not_found"],
        "untagged": [None, "filename"],
        "again": ["again", 3, 1],
        "deposits": 1,
        "named": ["note-2.0.0.txt", "2.0.0", "text/plain", 11],
        "nothing": None,
        "unsaid": [422, "invalid", "tag"],
        "afterRevocation": [True, True],
    }
