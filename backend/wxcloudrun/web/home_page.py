"""The page at the root of the service, for people who have its address and nothing else."""

import base64
import hashlib

from flask import Response

STYLE = "body{max-width:40em;margin:3em auto;padding:0 1em;font:1em/1.6 sans-serif}li{margin:.4em 0}"
# Only this style sheet and our icon: no script, no form, nothing of another origin.
POLICY = (
    "default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
PAGE = f"""<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Artifact registry</title>
    <link rel="icon" type="image/png" href="api/docs/favicon-32x32.png">
    <style>{STYLE}</style>
  </head>
  <body>
    <h1>Artifact registry</h1>
    <p>Builds go in once, and everybody gets back exactly those bytes.</p>
    <p lang="zh-CN">制品仓库 · 构建产物上传一次 · 任何人取回的都是一模一样的字节</p>
    <ul>
      <li><a href="api/docs">Read the API and try calls</a> · <span lang="zh-CN">阅读并试用 API</span></li>
      <li><a href="api/openapi.json">The API as an OpenAPI document</a> ·
        <span lang="zh-CN">OpenAPI 文档</span></li>
      <li><a href="api/ready">Is everything that the service needs there?</a> ·
        <span lang="zh-CN">服务是否就绪</span></li>
      <li><a href="api/health">Is the service alive, and which version is it?</a> ·
        <span lang="zh-CN">服务是否存活、版本号</span></li>
    </ul>
  </body>
</html>
"""


def page() -> Response:
    """Answer the page. Its policy holds for this answer only."""
    response = Response(PAGE, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    return response
