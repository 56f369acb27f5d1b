"""The scripts of the guide for mini-programs, run by Node against a server, on a `wx` made of `fetch`."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import wechat
from tests.support.live import BACKEND, live_server

GUIDE = BACKEND.parent / "docs" / "mini-program.md"
SCRIPT = re.compile(r"^```js\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the guide calls, as the platform answers it: a refusal is a success with another status.
PLATFORM = r"""
const fs = require('fs'), os = require('os'), path = require('path');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wx-')), kept = {};
let logins = 0;
const ask = (options, body, succeed) =>
  fetch(options.url, { method: options.method || 'GET', headers: options.header, body })
    .then(succeed).catch(options.fail);
const wx = {
  login: async () => ({ code: `code${++logins}` }),
  setStorageSync: (name, value) => { kept[name] = value; },
  getStorageSync: (name) => kept[name] || '',
  getFileSystemManager: () => ({ readFileSync: (name, encoding) => fs.readFileSync(name, encoding) }),
  request(options) {
    const body = options.data === undefined ? undefined : JSON.stringify(options.data);
    const sent = { 'Content-Type': 'application/json', ...options.header };
    ask({ ...options, header: sent }, body, async (answer) => {
      const header = { 'Retry-After': answer.headers.get('Retry-After') };
      options.success({ statusCode: answer.status, data: await answer.json(), header });
    });
  },
  downloadFile(options) {
    ask(options, undefined, async (answer) => {
      const tempFilePath = path.join(folder, 'download');
      fs.writeFileSync(tempFilePath, Buffer.from(await answer.arrayBuffer()));
      options.success({ statusCode: answer.status, tempFilePath });
    });
  },
  uploadFile(options) {
    const form = new FormData();
    for (const [name, value] of Object.entries(options.formData)) form.append(name, value);
    form.append(options.name, new Blob([fs.readFileSync(options.filePath)]), path.basename(options.filePath));
    ask({ ...options, method: 'POST' }, form, async (answer) =>
      options.success({ statusCode: answer.status, data: await answer.text() }));
  },
};
"""
STORY = r"""
(async () => {
  const made = path.join(folder, 'hammer-1.0.0.txt');
  fs.writeFileSync(made, 'from a phone');
  const first = await token();
  await send('POST', '/projects', { name: 'tools' }, first);
  await send('POST', '/project/tools/packages', { name: 'hammer' }, first);
  const deposit = await upload(made, 'stable');
  kept.tokens.until = 0;                                   // old: two calls need one refresh
  const [second, same] = await Promise.all([token(), token()]);
  kept.tokens.until = 0;
  kept.tokens.refresh_token = 'wxrt_void';                 // the login has ended
  await token();
  const refusal = await download('version:9').catch((each) => each);
  LISTING
  console.log(JSON.stringify({
    version: deposit.version, renewed: second !== first && second === same, logins,
    listed: page.items.map((each) => each.version),
    bytes: fs.readFileSync(await download('tag:stable'), 'utf8'), refusal: [refusal.status, refusal.reason],
  }));
})();
"""


def test_given_the_scripts_of_the_guide_then_they_do_what_it_says(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node: not installed")
    log_in, renew, listing, download, upload = SCRIPT.findall(GUIDE.read_text(encoding="utf-8"))
    with wechat.played_wechat() as played:
        played.answers = {"code1": [wechat.person()], "code2": [wechat.person()]}
        with live_server(tmp_path / "data", **{**wechat.SETTINGS, "WX_API_BASE": played.url}) as server:
            guide = log_in + renew + download + upload
            script = PLATFORM + guide.replace("https://registry.example.com", server.url)
            script += STORY.replace("LISTING", listing)

            done = subprocess.run(
                [node, "-e", script], capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path
            )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "version": "1.0.0",
        "renewed": True,
        "logins": 2,
        "listed": ["1.0.0"],
        "bytes": "from a phone",
        "refusal": [404, "not_found"],
    }
