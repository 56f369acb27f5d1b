"""Every setting, and the only reader of the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from sqlalchemy.engine import make_url

from wxcloudrun.kit.trouble import Trouble, trouble_of
from wxcloudrun.secrecy.given_secrets import (
    GENERATED,
    PREVIOUS,
    GivenSecrets,
    password_in,
    refuse_short,
    weaknesses,
)
from wxcloudrun.secrecy.private import (
    EmptySecret,
    SharedDirectory,
    close_database,
    kept_secret,
    make_private,
    share_nothing,
)
from wxcloudrun.setting_values import (
    HostAndPort,
    Hosts,
    Origins,
    Rate,
    SyslogAddress,
    WebAddress,
    check_bucket,
    check_database_url,
    check_redis_url,
    refuse_halves,
)
from wxcloudrun.stores.blobs.port import LONGEST_LINK_SECONDS
from wxcloudrun.stores.limits.port import RateLimit

BACKEND_DIR = Path(__file__).resolve().parent.parent
SECRETS = (*GENERATED, *PREVIOUS, "METRICS_TOKEN", "ADMIN_PASSWORD", "MINIO_SECRET_KEY")


UNUSABLE = {
    Trouble.FULL: "its disk is full; free some room first",
    Trouble.READ_ONLY: "its disk can only be read, and not everything is there that the service needs",
    Trouble.UNREACHABLE: "must be a directory that the service can write to",
}


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it and says what it should be."""


class Settings(BaseModel):
    """The settings of one process: read once, typed, never changed.

    Each field's alias is the name of its environment variable.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)

    app_env: Literal["development", "production"] = Field("development", alias="APP_ENV")
    host: str = Field("127.0.0.1", alias="HOST")
    port: int = Field(8080, alias="PORT", ge=1, le=65535)
    public_url: WebAddress | None = Field(None, alias="PUBLIC_URL")
    data_dir: Path = Field(BACKEND_DIR / "instance", alias="DATA_DIR")
    admin_email: str = Field("admin@example.com", alias="ADMIN_EMAIL", pattern=r"^[^@\s]+@[^@\s]+$")
    admin_password: SecretStr | None = Field(None, alias="ADMIN_PASSWORD", min_length=8, max_length=1024)
    workers: int = Field(2, alias="WORKERS", ge=1, le=256)
    threads: int = Field(8, alias="THREADS", ge=1, le=256)
    header_seconds: int = Field(10, alias="HEADER_SECONDS", ge=1, le=3600)
    body_seconds: int = Field(30, alias="BODY_SECONDS", ge=1, le=3600)
    idle_seconds: int = Field(60, alias="IDLE_SECONDS", ge=1, le=3600)
    give_up_seconds: int = Field(120, alias="GIVE_UP_SECONDS", ge=1, le=86_400)
    give_up_bytes_per_second: int = Field(1024, alias="GIVE_UP_BYTES_PER_SECOND", ge=0, le=1024**2)
    graceful_seconds: int = Field(30, alias="GRACEFUL_SECONDS", ge=0, le=86_400)
    uploads_per_worker: int = Field(128, alias="UPLOADS_PER_WORKER", ge=1, le=4096)
    downloads_per_worker: int = Field(1024, alias="DOWNLOADS_PER_WORKER", ge=1, le=100_000)
    connections_per_worker: int = Field(4096, alias="CONNECTIONS_PER_WORKER", ge=16, le=100_000)
    connections_per_address: int = Field(1024, alias="CONNECTIONS_PER_ADDRESS", ge=0, le=100_000)
    uploads_per_client: int = Field(32, alias="UPLOADS_PER_CLIENT", ge=0, le=100_000)
    downloads_per_client: int = Field(512, alias="DOWNLOADS_PER_CLIENT", ge=0, le=100_000)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="LOG_LEVEL")

    database_url: Annotated[SecretStr, AfterValidator(check_database_url)] | None = Field(
        None, alias="DATABASE_URL"
    )
    sqlite_synchronous: Literal["NORMAL", "FULL"] = Field("NORMAL", alias="SQLITE_SYNCHRONOUS")

    cache_max_size: int = Field(1000, alias="CACHE_MAX_SIZE", ge=1, le=100_000)
    cache_ttl_seconds: int = Field(300, alias="CACHE_TTL_SECONDS", ge=1, le=86_400)
    metrics_host: str = Field("127.0.0.1", alias="METRICS_HOST")
    metrics_port: int | None = Field(None, alias="METRICS_PORT", ge=1, le=65535)
    metrics_public: bool | None = Field(None, alias="METRICS_PUBLIC")
    metrics_token: SecretStr | None = Field(None, alias="METRICS_TOKEN", min_length=16, max_length=1024)
    redis_url: Annotated[SecretStr, AfterValidator(check_redis_url)] | None = Field(None, alias="REDIS_URL")

    blob_store: Literal["local", "minio"] = Field("local", alias="BLOB_STORE")
    minio_endpoint: HostAndPort = Field("127.0.0.1:9000", alias="MINIO_ENDPOINT")
    minio_access_key: str | None = Field(None, alias="MINIO_ACCESS_KEY")
    minio_secret_key: SecretStr | None = Field(None, alias="MINIO_SECRET_KEY")
    minio_bucket: Annotated[str, AfterValidator(check_bucket)] = Field("registry", alias="MINIO_BUCKET")
    minio_secure: bool = Field(default=False, alias="MINIO_SECURE")
    minio_public_endpoint: HostAndPort | None = Field(None, alias="MINIO_PUBLIC_ENDPOINT")

    jwt_secret_key: SecretStr = Field(alias="JWT_SECRET_KEY")
    jwt_previous_secret_key: SecretStr | None = Field(None, alias="JWT_PREVIOUS_SECRET_KEY")
    api_key_secret: SecretStr = Field(alias="API_KEY_SECRET")
    api_key_previous_secret: SecretStr | None = Field(None, alias="API_KEY_PREVIOUS_SECRET")
    access_token_seconds: int = Field(900, alias="ACCESS_TOKEN_SECONDS", ge=1, le=86_400)
    refresh_token_seconds: int = Field(30 * 86_400, alias="REFRESH_TOKEN_SECONDS", ge=60)
    login_seconds: int = Field(90 * 86_400, alias="LOGIN_SECONDS", ge=60)
    proof_seconds: int = Field(300, alias="PROOF_SECONDS", ge=1, le=86_400)
    admin_second_factor: bool = Field(default=False, alias="ADMIN_SECOND_FACTOR")
    refresh_leeway_seconds: int = Field(10, alias="REFRESH_LEEWAY_SECONDS", ge=0, le=300)
    key_days: int = Field(90, alias="KEY_DAYS", ge=0, le=3650)
    key_most_days: int = Field(3650, alias="KEY_MOST_DAYS", ge=0, le=3650)
    upload_seconds: int = Field(86_400, alias="UPLOAD_SECONDS", ge=60, le=7 * 86_400)
    registration_enabled: bool | None = Field(None, alias="REGISTRATION_ENABLED")
    project_creation: Literal["everyone", "administrators"] = Field("everyone", alias="PROJECT_CREATION")
    projects_per_user: int = Field(1000, alias="PROJECTS_PER_USER", ge=1, le=1_000_000)
    packages_per_project: int = Field(10_000, alias="PACKAGES_PER_PROJECT", ge=1, le=1_000_000)
    tags_per_package: int = Field(10_000, alias="TAGS_PER_PACKAGE", ge=1, le=1_000_000)
    keys_per_user: int = Field(1000, alias="KEYS_PER_USER", ge=1, le=1_000_000)
    ratelimit_login: Rate = Field(RateLimit(10, 60), alias="RATELIMIT_LOGIN")
    ratelimit_login_account: Rate = Field(RateLimit(100, 3600), alias="RATELIMIT_LOGIN_ACCOUNT")
    ratelimit_login_address: Rate = Field(RateLimit(100, 60), alias="RATELIMIT_LOGIN_ADDRESS")
    ratelimit_register: Rate = Field(RateLimit(20, 3600), alias="RATELIMIT_REGISTER")
    ratelimit_wechat: Rate = Field(RateLimit(100, 60), alias="RATELIMIT_WECHAT")
    ratelimit_refresh: Rate = Field(RateLimit(300, 60), alias="RATELIMIT_REFRESH")
    ratelimit_members: Rate = Field(RateLimit(100, 3600), alias="RATELIMIT_MEMBERS")
    ratelimit_mail: Rate = Field(RateLimit(20, 3600), alias="RATELIMIT_MAIL")
    ratelimit_mail_account: Rate = Field(RateLimit(5, 3600), alias="RATELIMIT_MAIL_ACCOUNT")
    ratelimit_resolve: Rate = Field(RateLimit(600, 60), alias="RATELIMIT_RESOLVE")
    wx_appid: str | None = Field(None, alias="WX_APPID")
    wx_secret: SecretStr | None = Field(None, alias="WX_SECRET")
    wx_api_base: WebAddress = Field("https://api.weixin.qq.com", alias="WX_API_BASE")
    wx_trust_cloud_headers: bool = Field(default=False, alias="WX_TRUST_CLOUD_HEADERS")
    smtp_host: str | None = Field(None, alias="SMTP_HOST", pattern=r"^[A-Za-z0-9.:-]+$")
    smtp_port: int = Field(587, alias="SMTP_PORT", ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", alias="SMTP_SECURITY")
    smtp_user: str | None = Field(None, alias="SMTP_USER")
    smtp_password: SecretStr | None = Field(None, alias="SMTP_PASSWORD")
    smtp_from: str | None = Field(None, alias="SMTP_FROM", pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    npm_audit: Literal["off", "empty", "forward"] = Field("off", alias="NPM_AUDIT")
    npm_audit_url: WebAddress | None = Field(None, alias="NPM_AUDIT_URL")
    cors_origins: Origins = Field((), alias="CORS_ORIGINS")
    trusted_proxy_hops: int = Field(0, alias="TRUSTED_PROXY_HOPS", ge=0, le=8)

    disk_reserve_bytes: int | None = Field(None, alias="DISK_RESERVE_BYTES", ge=0)
    max_upload_bytes: int = Field(10 * 1024**3, alias="MAX_UPLOAD_BYTES", ge=1)
    upload_session_seconds: int = Field(86_400, alias="SESSION_SECONDS", ge=60, le=7 * 86_400)
    extra_digests: Literal["inline", "deferred"] = Field("inline", alias="EXTRA_DIGESTS")
    download_links: Literal["service", "store"] = Field("service", alias="DOWNLOAD_LINKS")
    link_seconds: int = Field(300, alias="LINK_SECONDS", ge=1, le=LONGEST_LINK_SECONDS)
    gc_grace_seconds: int = Field(86_400, alias="GC_GRACE_SECONDS", ge=0)

    audit_heads_dir: Path | None = Field(None, alias="AUDIT_HEADS_DIR")
    audit_heads_syslog: SyslogAddress | None = Field(None, alias="AUDIT_HEADS_SYSLOG")
    audit_heads_webhook: WebAddress | None = Field(None, alias="AUDIT_HEADS_WEBHOOK")
    audit_heads_secret: SecretStr | None = Field(None, alias="AUDIT_HEADS_SECRET", min_length=16)
    audit_downloads: bool = Field(default=False, alias="AUDIT_DOWNLOADS")
    audit_links: bool = Field(default=False, alias="AUDIT_LINKS")
    audit_refusals: bool = Field(default=False, alias="AUDIT_REFUSALS")
    audit_reads: bool = Field(default=False, alias="AUDIT_READS")
    audit_days: int | None = Field(None, alias="AUDIT_DAYS", ge=1, le=36_500)

    job_threads: int = Field(4, alias="JOB_THREADS", ge=1, le=64)
    jobs_per_user: int = Field(2, alias="JOBS_PER_USER", ge=1, le=10_000)
    jobs_waiting_per_user: int = Field(1000, alias="JOBS_WAITING_PER_USER", ge=1, le=1_000_000)
    job_lease_seconds: int = Field(60, alias="JOB_LEASE_SECONDS", ge=1, le=3600)
    job_history_days: int = Field(30, alias="JOB_HISTORY_DAYS", ge=1)
    embedded_worker: Literal["auto", "on", "off"] = Field("auto", alias="EMBEDDED_WORKER")

    nix_catalog_dir: Path | None = Field(None, alias="NIX_CATALOG_DIR")
    nix_store: Literal["private", "system"] = Field("private", alias="NIX_STORE")
    nix_sandbox: Literal["auto", "true", "false"] = Field("auto", alias="NIX_SANDBOX")
    nix_timeout_seconds: int = Field(3600, alias="NIX_TIMEOUT_SECONDS", ge=1, le=7 * 86_400)
    nix_silence_seconds: int = Field(600, alias="NIX_SILENCE_SECONDS", ge=1, le=7 * 86_400)
    nix_path: str | None = Field(None, alias="NIX_PATH")
    url_source_hosts: Hosts = Field((), alias="URL_SOURCE_HOSTS")
    url_source_timeout_seconds: int = Field(3600, alias="URL_SOURCE_TIMEOUT_SECONDS", ge=1, le=86_400)
    url_source_silence_seconds: int = Field(30, alias="URL_SOURCE_SILENCE_SECONDS", ge=1, le=3600)
    url_source_ca_file: Path | None = Field(None, alias="URL_SOURCE_CA_FILE")
    url_source_allow_private: bool = Field(default=False, alias="URL_SOURCE_ALLOW_PRIVATE")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment; the file that `ENV_FILE` names fills what is unset.

        In development, secrets that are not given are made once and kept below `DATA_DIR`.
        Raises SettingsError.
        """
        given = dict(os.environ if environ is None else environ)
        if env_file := given.get("ENV_FILE"):
            given = read_env_file(Path(env_file)) | {name: value for name, value in given.items() if value}
        names = {field.alias for field in cls.model_fields.values() if field.alias is not None}
        values: dict[str, Any] = {name: given[name] for name in names if given.get(name)}
        try:
            if values.get("APP_ENV", "development") == "development":
                values = with_generated_secrets(values)
            settings = cls.model_validate(values)
            share_nothing()  # bodies and builds pass through DATA_DIR even if nothing stays there
            if settings.keeps_data:
                make_private(settings.data_dir)
            if settings.database_file is not None:
                close_database(settings.database_file)
        except ValidationError as error:
            raise SettingsError(sentence(error)) from None
        except OSError as error:
            raise SettingsError(f"DATA_DIR: {unusable(error)}") from None
        return settings

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.blob_store == "minio" and not (self.minio_access_key and self.minio_secret_key):
            message = "MINIO_ACCESS_KEY and MINIO_SECRET_KEY must be set when BLOB_STORE is minio"
            raise ValueError(message)
        refuse_short(self.secrets)
        if self.app_env == "production" and (weakness := next(weaknesses(self.secrets), None)):
            raise ValueError(weakness)
        return self

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if self.key_most_days and not 1 <= self.key_days <= self.key_most_days:
            message = "KEY_DAYS must be 1 to KEY_MOST_DAYS; KEY_MOST_DAYS=0 allows keys without an end"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_metrics(self) -> Self:
        if self.metrics_port == self.port:
            message = "METRICS_PORT must differ from PORT"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_wechat(self) -> Self:
        refuse_halves({"WX_APPID": self.wx_appid, "WX_SECRET": self.wx_secret})
        if self.wx_trust_cloud_headers and not self.trusted_proxy_hops:
            message = "WX_TRUST_CLOUD_HEADERS needs TRUSTED_PROXY_HOPS: only a gateway may state who calls"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_mail(self) -> Self:
        refuse_halves({"SMTP_HOST": self.smtp_host, "SMTP_FROM": self.smtp_from})
        refuse_halves({"SMTP_USER": self.smtp_user, "SMTP_PASSWORD": self.smtp_password})
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("SMTP_PASSWORD needs SMTP_SECURITY=starttls or tls: else others read it")
        return self

    @model_validator(mode="after")
    def _check_audit(self) -> Self:
        hook, secret = self.audit_heads_webhook, self.audit_heads_secret
        refuse_halves({"AUDIT_HEADS_WEBHOOK": hook, "AUDIT_HEADS_SECRET": secret})
        if self.audit_heads_dir is not None and not self.audit_heads_dir.is_dir():
            message = "AUDIT_HEADS_DIR must be a directory"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_sources(self) -> Self:
        if self.nix_catalog_dir is not None and not self.nix_catalog_dir.is_dir():
            message = "NIX_CATALOG_DIR must be a directory"
            raise ValueError(message)
        if self.url_source_ca_file is not None and not self.url_source_ca_file.is_file():
            message = "URL_SOURCE_CA_FILE must be a file"
            raise ValueError(message)
        if self.npm_audit == "forward" and self.npm_audit_url is None:
            raise ValueError("NPM_AUDIT=forward needs NPM_AUDIT_URL: the registry that is asked")
        if self.app_env == "production" and self.url_source_allow_private:
            message = "URL_SOURCE_ALLOW_PRIVATE is for tests; it must not be set in production"
            raise ValueError(message)
        return self

    @property
    def secrets(self) -> GivenSecrets:
        """The secrets that are given, by the names of their settings."""
        passwords = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        in_urls = {name: password_in(url.get_secret_value()) for name, url in passwords.items() if url}
        fields = {name: getattr(self, name.lower()) for name in SECRETS}
        given = {name: value.get_secret_value() for name, value in fields.items() if value is not None}
        return {**given, **{name: password for name, password in in_urls.items() if password}}

    @property
    def registers(self) -> bool:
        """True if anybody may make an account: by default in development only."""
        return (
            self.app_env == "development" if self.registration_enabled is None else self.registration_enabled
        )

    @property
    def shows_metrics(self) -> bool:
        """True if everybody who reaches the service may read its metrics: by default in development only."""
        if self.metrics_token is not None or self.metrics_port is not None:
            return False
        return self.app_env == "development" if self.metrics_public is None else self.metrics_public

    @property
    def keeps_data(self) -> bool:
        """True if anything but generated secrets lies below `DATA_DIR`."""
        return self.database_url is None or self.blob_store == "local"

    @property
    def works_in_server(self) -> bool:
        """True if server processes work on jobs themselves: by default unless there is a Redis."""
        return self.embedded_worker == "on" or (self.embedded_worker == "auto" and self.redis_url is None)

    @property
    def sqlalchemy_url(self) -> str:
        """The database: what `DATABASE_URL` says, else an SQLite file below `DATA_DIR`."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.resolve() / 'registry.db'}"

    @property
    def database_file(self) -> Path | None:
        """The file of SQLite, which may lie elsewhere than below `DATA_DIR`."""
        url = make_url(self.sqlalchemy_url)
        is_file = url.drivername == "sqlite" and url.database not in {None, "", ":memory:"}
        return Path(url.database or "") if is_file and not url.query else None

    @property
    def base_url(self) -> str:
        """What absolute links begin with; the Host header of a request never decides that."""
        host = f"[{self.host}]" if ":" in self.host else self.host  # an IPv6 address
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def is_https(self) -> bool:
        """True if clients speak https with whatever stands in front of the service."""
        return self.base_url.startswith("https://")

    @property
    def hides_clients(self) -> bool:
        """True if a proxy speaks https in front and none is believed: all clients count as one address."""
        return self.is_https and not self.trusted_proxy_hops


def unusable(error: OSError) -> str:
    """Say why a data directory cannot be used."""
    if isinstance(error, SharedDirectory):
        return "must be a directory of the service's own, not one for everybody"
    return UNUSABLE[trouble_of(error)]


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of a dotenv file; SettingsError if it cannot be read."""
    if not path.is_file():
        message = f"ENV_FILE names {path.name}, which is not a file"
        raise SettingsError(message)
    return {name: value for name, value in dotenv_values(path).items() if value is not None}


def with_generated_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Add the secrets that a development machine makes for itself. Raises SettingsError, OSError."""
    directory = Path(values.get("DATA_DIR", BACKEND_DIR / "instance")) / "secrets"
    missing = [name for name in GENERATED if name not in values]
    if missing:
        make_private(directory.parent)
    changed = [previous for name, previous in zip(GENERATED, PREVIOUS, strict=True) if name in missing]
    missing += [name for name in changed if name not in values and (directory / name.lower()).exists()]
    try:
        return {**values, **{name: kept_secret(directory / name.lower()) for name in missing}}
    except EmptySecret as error:
        message = f"DATA_DIR: secrets/{error} is empty; put it back, or remove the file to get a new one"
        raise SettingsError(message) from None


def sentence(error: ValidationError) -> str:
    """Say which setting is wrong and why, without repeating its value."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"{name} must be set"
    return f"{name}: {message}" if name else message
