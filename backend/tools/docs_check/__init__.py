"""`make docs-check`: runs what the documentation shows, and compares what it shows with what comes.

Writing docs. Each page is run from top to bottom in one shell on a terminal, in an empty folder, against a
service of its own with empty data. `127.0.0.1:8080` and `127.0.0.1:18090` mean that service (and behind
`PORT=` their ports mean a free one), whose administrator is
`admin@example.com` with the password `tour-password`.

- A `console` block holds commands (`$ …`, continued by `> …`) and their output, which is compared. `…` stands
  for anything in a line, and a line that is `…` alone for any lines. Times, dates, tokens, request ids and
  digests that are cut need no care: they compare as equal.
- A `sh` or `bash` block holds commands only, one a line (continued by a backslash). Each must succeed, and
  none may be answered `"code":0`.
- `Password: ` is answered with the administrator's. `pkgctl` is on the path; the home folder is an empty one.
- `/etc/registry.env` means an empty file, `/backup` an empty folder, `instance/` the data of the service.
- Blocks of any other kind (`json`, `js`, `nginx`, none) are text.
- A comment before a block says more; a blank line may stand between:
  `<!-- docs-check: skip, REASON -->` does not run it, and the report names it with the reason;
  `<!-- docs-check: needs PROGRAM, REASON -->` runs it only where there is such a program;
  `<!-- docs-check: until Ctrl-C -->` ends its last command with Ctrl-C once it has printed what is shown;
  `<!-- docs-check: fresh -->` gives what follows a service, folder and shell of its own;
  `<!-- docs-check: in backend -->` runs it there with the settings of the service, and `in the checkout` at
  the root;
  `<!-- docs-check: before` … `-->` holds commands that a reader need not see. It may stand anywhere.
"""
