"""Every setting: what it is by default, where it comes from, and how a wrong one is refused."""

from pathlib import Path

import pytest
from dotenv import dotenv_values

from wxcloudrun.config import Settings, SettingsError
from wxcloudrun.net.fetch import AllowedHost
from wxcloudrun.secrecy.given_secrets import GENERATED

BACKEND = Path(__file__).resolve().parents[2]
ROOT = BACKEND.parent
NAMES = {str(field.alias) for field in Settings.model_fields.values()}
GOOD_SECRET = "k9Qz-3mV_x7Lr2Tn8Wb5Yc1Hd6Jf4Gp0Sa"
OTHER_SECRET = "Zp0-aS4Gf6Jd1Hc5Yb8Wn2Tr7Lx_v3Mq9K"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where the service may keep things."""
    return tmp_path / "data"


def read(data_dir: Path, **environ: str) -> Settings:
    """Read settings from an environment that has nothing else in it."""
    return Settings.from_env({"DATA_DIR": str(data_dir), **environ})


def refused(data_dir: Path, **environ: str) -> str:
    """Return the sentence with which settings are refused."""
    with pytest.raises(SettingsError) as error:
        read(data_dir, **environ)
    return str(error.value)


PRODUCTION = {"APP_ENV": "production", "JWT_SECRET_KEY": GOOD_SECRET, "API_KEY_SECRET": OTHER_SECRET}
ELSEWHERE = {
    "DATABASE_URL": "mysql+pymysql://u:that-of-the-database@h/db",
    "BLOB_STORE": "minio",
    "MINIO_ACCESS_KEY": "access",
    "MINIO_SECRET_KEY": "that-of-the-store",
}


class TestDefaults:
    def test_a_development_machine_needs_none(self, data_dir: Path) -> None:
        settings = read(data_dir)

        assert settings.app_env == "development"
        assert (settings.host, settings.port) == ("127.0.0.1", 8080)
        assert settings.base_url == "http://127.0.0.1:8080"
        assert settings.sqlalchemy_url == f"sqlite:///{data_dir}/registry.db"
        assert settings.sqlite_synchronous == "NORMAL"
        assert settings.blob_store == "local"
        assert settings.log_level == "INFO"
        assert settings.max_upload_bytes == 10 * 1024**3
        assert settings.link_seconds == 300
        assert settings.access_token_seconds == 900
        assert settings.refresh_token_seconds == 30 * 24 * 3600
        assert settings.refresh_leeway_seconds == 10
        assert settings.registers is True
        assert settings.admin_password is None
        assert settings.trusted_proxy_hops == 0

    def test_an_empty_value_is_no_value(self, data_dir: Path) -> None:
        assert read(data_dir, **dict.fromkeys(NAMES - {"DATA_DIR"}, "")) == read(data_dir)

    def test_what_is_no_setting_is_not_looked_at(self, data_dir: Path) -> None:
        assert read(data_dir, PATH="/bin", SOMETHING="else") == read(data_dir)

    def test_settings_do_not_change(self, data_dir: Path) -> None:
        settings = read(data_dir)

        with pytest.raises(ValueError, match="frozen"):
            settings.port = 1  # type: ignore[misc]  # this is what must not work


class TestReading:
    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("PORT", "9000", 9000),
            ("REGISTRATION_ENABLED", "false", False),
            ("MINIO_SECURE", "true", True),
            ("MAX_UPLOAD_BYTES", "1048576", 1_048_576),
            ("DISK_RESERVE_BYTES", "1048576", 1_048_576),
            ("DISK_RESERVE_BYTES", "0", 0),
            ("CORS_ORIGINS", "https://a.example https://b.example:8443", None),
            ("PROJECT_CREATION", "administrators", "administrators"),
            ("PROJECTS_PER_USER", "1", 1),
            ("NIX_SANDBOX", "false", "false"),
            ("NIX_STORE", "system", "system"),
            (
                "URL_SOURCE_HOSTS",
                "a.example, B.example:8443",
                (AllowedHost("a.example", 443), AllowedHost("b.example", 8443)),
            ),
            ("CACHE_TTL_SECONDS", "60", 60),
            ("METRICS_PORT", "9464", 9464),
            ("LOG_LEVEL", "DEBUG", "DEBUG"),
            ("MINIO_ENDPOINT", "[::1]:9000", "[::1]:9000"),
            ("MINIO_BUCKET", "my.team-registry.2026", "my.team-registry.2026"),
        ],
    )
    def test_text_becomes_what_it_means(self, data_dir: Path, name: str, text: str, value: object) -> None:
        expected = ("https://a.example", "https://b.example:8443") if value is None else value

        assert getattr(read(data_dir, **{name: text}), name.lower()) == expected

    def test_the_database_is_the_one_that_is_named(self, data_dir: Path) -> None:
        url = "mysql+pymysql://registry:p%40ss@db:3306/registry?charset=utf8mb4"

        assert read(data_dir, DATABASE_URL=url).sqlalchemy_url == url

    def test_links_begin_with_the_public_url(self, data_dir: Path) -> None:
        assert read(data_dir, PUBLIC_URL="https://registry.example/").base_url == "https://registry.example"

    def test_a_directory_that_is_not_there_is_made(self, tmp_path: Path) -> None:
        read(tmp_path / "a" / "b", **PRODUCTION)

        assert (tmp_path / "a" / "b").is_dir()

    def test_a_service_that_keeps_nothing_here_needs_no_directory(self, tmp_path: Path) -> None:
        read(tmp_path / "none", **PRODUCTION, **ELSEWHERE)

        assert not (tmp_path / "none").exists()


class TestBackground:
    @pytest.mark.parametrize(
        ("embedded_worker", "redis_url", "works"),
        [
            ("", "", True),
            ("auto", "", True),
            ("auto", "redis://cache/0", False),
            ("on", "redis://cache/0", True),
            ("off", "", False),
        ],
    )
    def test_server_processes_work_unless_there_is_redis_or_somebody_decides(
        self, data_dir: Path, embedded_worker: str, redis_url: str, *, works: bool
    ) -> None:
        settings = read(data_dir, EMBEDDED_WORKER=embedded_worker, REDIS_URL=redis_url)

        assert settings.works_in_server is works


class TestEnvFile:
    @pytest.fixture
    def env_file(self, tmp_path: Path) -> Path:
        """A file with two settings."""
        file = tmp_path / "registry.env"
        file.write_text("# a comment\nPORT=9001\nLOG_LEVEL='ERROR'\nUNKNOWN=x\n")
        return file

    def test_it_fills_what_is_unset(self, data_dir: Path, env_file: Path) -> None:
        settings = read(data_dir, ENV_FILE=str(env_file))

        assert (settings.port, settings.log_level) == (9001, "ERROR")

    def test_the_environment_goes_before_it(self, data_dir: Path, env_file: Path) -> None:
        settings = read(data_dir, ENV_FILE=str(env_file), PORT="9002")

        assert (settings.port, settings.log_level) == (9002, "ERROR")

    def test_what_is_set_to_nothing_is_unset(self, data_dir: Path, env_file: Path) -> None:
        assert read(data_dir, ENV_FILE=str(env_file), PORT="").port == 9001

    def test_a_file_that_is_not_there_is_named(self, data_dir: Path, tmp_path: Path) -> None:
        sentence = refused(data_dir, ENV_FILE=str(tmp_path / "missing.env"))

        assert "ENV_FILE" in sentence
        assert "missing.env" in sentence


class TestWrongSettings:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("APP_ENV", "prod"),
            ("PORT", "http"),
            ("PORT", "0"),
            ("PORT", "65536"),
            ("PUBLIC_URL", "registry.example"),
            ("PUBLIC_URL", "ftp://registry.example"),
            ("PUBLIC_URL", "https:///registry"),
            ("ADMIN_EMAIL", "nobody"),
            ("ADMIN_PASSWORD", "short"),
            ("WORKERS", "0"),
            ("THREADS", "many"),
            ("LOG_LEVEL", "verbose"),
            ("DATABASE_URL", "nonsense"),
            ("DATABASE_URL", "postgresql://user:hunter2@db/registry"),
            ("DATABASE_URL", "mysql+pymysql://user:hunter2@db:port/registry"),
            ("SQLITE_SYNCHRONOUS", "OFF"),
            ("BLOB_STORE", "s3"),
            ("MINIO_ENDPOINT", "http://127.0.0.1:9000"),
            ("MINIO_PUBLIC_ENDPOINT", "files.example/path"),
            ("MINIO_BUCKET", "UPPER"),
            ("MINIO_BUCKET", "ab"),
            ("MINIO_BUCKET", "a" * 64),
            ("MINIO_BUCKET", "under_score"),
            ("MINIO_BUCKET", "-edge"),
            ("MINIO_BUCKET", "edge-"),
            ("MINIO_BUCKET", "two..dots"),
            ("MINIO_BUCKET", "192.168.0.1"),
            ("MINIO_BUCKET", "xn--bucket"),
            ("MINIO_BUCKET", "bucket--x-s3"),
            ("MINIO_BUCKET", "a bucket"),
            ("MINIO_SECURE", "perhaps"),
            ("JWT_SECRET_KEY", "hunter2-is-too-short"),
            ("JWT_PREVIOUS_SECRET_KEY", "a" * 64),
            ("API_KEY_PREVIOUS_SECRET", "b" * 64),
            ("API_KEY_SECRET", "abab" * 20),
            ("ACCESS_TOKEN_SECONDS", "0"),
            ("REFRESH_TOKEN_SECONDS", "-1"),
            ("REFRESH_LEEWAY_SECONDS", "1h"),
            ("REGISTRATION_ENABLED", "maybe"),
            ("PROJECT_CREATION", "nobody"),
            ("TAGS_PER_PACKAGE", "0"),
            ("CORS_ORIGINS", "https://a.example a.example"),
            ("CORS_ORIGINS", "*"),
            ("CORS_ORIGINS", "https://a.example/page"),
            ("TRUSTED_PROXY_HOPS", "-1"),
            ("NIX_CATALOG_DIR", "/not/a/folder"),
            ("NIX_STORE", "shared"),
            ("NIX_SANDBOX", "sometimes"),
            ("NIX_TIMEOUT_SECONDS", "0"),
            ("URL_SOURCE_HOSTS", "https://a.example"),
            ("URL_SOURCE_HOSTS", "a.example *.b.example"),
            ("URL_SOURCE_CA_FILE", "/not/a/file"),
            ("REDIS_URL", "127.0.0.1:6379"),
            ("EMBEDDED_WORKER", "perhaps"),
            ("JOB_THREADS", "0"),
            ("JOB_LEASE_SECONDS", "0"),
            ("JOB_HISTORY_DAYS", "0"),
            ("REDIS_URL", "redis://:hunter2@cache:port/0"),
            ("REDIS_URL", "redis://cache/first"),
            ("CACHE_MAX_SIZE", "0"),
            ("CACHE_TTL_SECONDS", "5m"),
            ("METRICS_PORT", "8080"),  # PORT, where everything else is
            ("METRICS_PORT", "65536"),
            ("METRICS_TOKEN", "hunter2"),
            ("RATELIMIT_LOGIN", "ten"),
            ("RATELIMIT_LOGIN_ACCOUNT", "100"),
            ("RATELIMIT_LOGIN_ADDRESS", "0/hour"),
            ("RATELIMIT_REGISTER", "20/fortnight"),
            ("RATELIMIT_WECHAT", "-5/minute"),
            ("RATELIMIT_REFRESH", "1.5/second"),
            ("RATELIMIT_MEMBERS", "many"),
            ("WX_APPID", "wx0123456789abcdef"),
            ("WX_SECRET", "hunter2-of-wechat"),
            ("SMTP_HOST", "mail.example"),
            ("SMTP_FROM", "nobody"),
            ("SMTP_PORT", "0"),
            ("SMTP_SECURITY", "perhaps"),
            ("SMTP_PASSWORD", "hunter2-of-mail"),
            ("WX_API_BASE", "api.weixin.example"),
            ("WX_TRUST_CLOUD_HEADERS", "perhaps"),
            ("WX_TRUST_CLOUD_HEADERS", "true"),
            ("MAX_UPLOAD_BYTES", "10GB"),
            ("DISK_RESERVE_BYTES", "-1"),
            ("DISK_RESERVE_BYTES", "5%"),
            ("LINK_SECONDS", "0"),
        ],
    )
    def test_each_is_one_sentence_that_names_it_and_does_not_repeat_it(
        self, data_dir: Path, name: str, value: str
    ) -> None:
        sentence = refused(data_dir, **{name: value})

        assert name in sentence
        assert "\n" not in sentence
        assert "hunter2" not in sentence
        assert len(value) < 5 or value not in sentence

    def test_a_data_directory_that_cannot_be_one_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")

        for environ in ({}, PRODUCTION):
            assert "DATA_DIR" in refused(tmp_path / "file", **environ)
            assert "DATA_DIR" in refused(tmp_path / "file" / "below", **environ)

    def test_private_addresses_are_for_tests_only(self, data_dir: Path) -> None:
        setting = {"URL_SOURCE_ALLOW_PRIVATE": "true"}

        assert read(data_dir, **setting).url_source_allow_private
        assert "URL_SOURCE_ALLOW_PRIVATE" in refused(data_dir, **PRODUCTION, **setting)

    @pytest.mark.parametrize("missing", ["MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"])
    def test_an_s3_server_needs_both_keys(self, data_dir: Path, missing: str) -> None:
        keys = {"MINIO_ACCESS_KEY": "access", "MINIO_SECRET_KEY": "secret-key"}
        del keys[missing]

        sentence = refused(data_dir, BLOB_STORE="minio", **keys)

        assert missing in sentence
        assert "secret-key" not in sentence

    def test_no_secret_shows_when_settings_are_printed(self, data_dir: Path) -> None:
        url = "mysql+pymysql://u:hunter2-database@h/db"
        secrets = {"ADMIN_PASSWORD": "hunter2-admin", "MINIO_SECRET_KEY": "hunter2-minio"}

        settings = read(data_dir, **PRODUCTION, DATABASE_URL=url, **secrets)

        for shown in (repr(settings), str(settings), settings.model_dump_json()):
            assert "hunter2" not in shown
            assert GOOD_SECRET not in shown
            assert OTHER_SECRET not in shown


class TestProduction:
    def test_with_good_secrets_it_starts(self, data_dir: Path) -> None:
        settings = read(data_dir, **PRODUCTION)

        assert settings.jwt_secret_key.get_secret_value() == GOOD_SECRET

    @pytest.mark.parametrize("name", GENERATED)
    def test_a_missing_secret_is_refused_and_not_made_up(self, data_dir: Path, name: str) -> None:
        sentence = refused(data_dir, **{key: value for key, value in PRODUCTION.items() if key != name})

        assert name in sentence
        assert not (data_dir / "secrets").exists()

    @pytest.mark.parametrize("name", [*GENERATED, "JWT_PREVIOUS_SECRET_KEY", "API_KEY_PREVIOUS_SECRET"])
    @pytest.mark.parametrize("weak", ["short", "x" * 64, "0123456789" * 3, "ab" * 40])
    def test_a_weak_secret_is_refused(self, data_dir: Path, name: str, weak: str) -> None:
        assert name in refused(data_dir, **{**PRODUCTION, name: weak})

    @pytest.mark.parametrize("password", ["password", "admin123", "changeme", "12345678", "CHANGEME"])
    def test_a_password_that_everybody_tries_first_is_refused(self, data_dir: Path, password: str) -> None:
        assert "ADMIN_PASSWORD" in refused(data_dir, **PRODUCTION, ADMIN_PASSWORD=password)


class TestExample:
    @pytest.fixture
    def example(self) -> dict[str, str | None]:
        """What the example sets."""
        return dotenv_values(ROOT / ".env.example")

    def test_it_names_every_setting_and_nothing_else(self, example: dict[str, str | None]) -> None:
        assert set(example) == NAMES

    def test_it_is_a_development_machine_as_it_stands(
        self, data_dir: Path, example: dict[str, str | None]
    ) -> None:
        given = {name: value or "" for name, value in example.items()}

        assert Settings.from_env({**given, "DATA_DIR": str(data_dir)}) == read(data_dir)
