"""What Prometheus is told, and who may ask."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import literal, select

from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.support.exposition import difference, samples, scraped
from tests.support.registry import Workshop
from wxcloudrun.kit.db import db, reading

METRICS = "/metrics"
DOWNLOAD = "/api/v1/project/<project>/<package>/+/<rest:ref>"
JWT_SECRET = "k9Qz-3mV_x7Lr2Tn8Wb5Yc1Hd6Jf4Gp0Sa"
TOKEN = "a token that only the collector has"
FILE_BYTES = 3_000_000
IN_USE = "registry_database_connections_in_use"


def requests_of(counted: dict[str, float]) -> dict[str, float]:
    """Keep the samples that count requests, without those for metrics."""
    return {
        name: value
        for name, value in counted.items()
        if name.startswith("registry_requests_total") and METRICS not in name
    }


class TestRequests:
    def test_given_requests_then_they_are_counted_by_method_route_and_status(
        self, client: ApiClient, shop: Workshop
    ) -> None:
        shop.upload(b"bytes", tag="stable").ok()
        before = scraped(client)

        for _ in range(3):
            shop.download("stable").ok()
        shop.download("absent")
        client.get("/api/health")

        counted = requests_of(difference(before, scraped(client)))
        assert counted == {
            f'registry_requests_total{{method="GET",route="{DOWNLOAD}",status="200"}}': 3,
            f'registry_requests_total{{method="GET",route="{DOWNLOAD}",status="404"}}': 1,
            'registry_requests_total{method="GET",route="/api/health",status="200"}': 1,
        }

    def test_given_requests_then_each_is_in_the_histogram(self, client: ApiClient) -> None:
        before = scraped(client)

        for _ in range(4):
            client.get("/api/health")

        counted = difference(before, scraped(client))
        name, labels = "registry_request_seconds", 'method="GET",route="/api/health"'
        assert counted[f"{name}_count{{{labels}}}"] == 4
        assert counted[f'{name}_bucket{{le="+Inf",{labels}}}'] == 4
        assert 0 < counted[f"{name}_sum{{{labels}}}"] < 20

    def test_given_urls_and_methods_that_clients_make_up_then_they_share_one_label(
        self, client: ApiClient
    ) -> None:
        before = scraped(client)

        for number in range(3):
            client.get(f"/made/up/{number}")
            client.request(f"VERB{number}", "/api/health")

        counted = requests_of(difference(before, scraped(client)))
        assert counted == {
            'registry_requests_total{method="GET",route="unknown",status="404"}': 3,
            'registry_requests_total{method="other",route="unknown",status="405"}': 3,
        }

    def test_given_everything_that_was_asked_then_no_label_names_a_project_or_a_person(
        self, client: ApiClient, shop: Workshop
    ) -> None:
        shop.upload(b"bytes", tag="a-tag-of-ours", version="7.7.7").ok()
        shop.download("a-tag-of-ours").ok()

        page = client.get(METRICS).ok().body.decode()

        names = {shop.project, shop.package, "a-tag-of-ours", "7.7.7", "file.bin"}
        names |= {person.username for person in shop.people.values()}
        assert not [name for name in names if f'"{name}"' in page or f"/{name}" in page]


def written(name: str, labels: dict[str, str]) -> str:
    """Write a sample's name down with its labels in order, quotation marks as on the page."""
    quoted = {label: value.replace('"', r"\"") for label, value in sorted(labels.items())}
    pairs = ",".join(f'{label}="{value}"' for label, value in quoted.items())
    return f"{name}{{{pairs}}}" if pairs else name


def test_given_the_page_then_prometheus_reads_the_same(client: ApiClient, shop: Workshop) -> None:
    shop.upload(b"bytes", tag="stable").ok()
    page = client.get(METRICS).ok().body.decode()

    read = {
        written(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }

    assert samples(page) == read


class TestBytes:
    def test_given_an_upload_and_a_download_then_their_bytes_are_counted(
        self, client: ApiClient, shop: Workshop
    ) -> None:
        before = scraped(client)
        answer = shop.upload(b"x" * FILE_BYTES, tag="stable").ok()
        uploaded = scraped(client)
        shop.download("stable").ok()
        downloaded = scraped(client)

        came, went = difference(before, uploaded), difference(uploaded, downloaded)
        assert came["registry_received_bytes_total"] == FILE_BYTES
        assert came["registry_sent_bytes_total"] >= len(answer.body)
        assert "registry_received_bytes_total" not in went
        assert FILE_BYTES <= went["registry_sent_bytes_total"] < 1.5 * FILE_BYTES  # with a page of metrics

    def test_given_a_refusal_before_the_body_then_what_was_announced_is_not_counted(
        self, client: ApiClient, shop: Workshop
    ) -> None:
        before = scraped(client)

        refused = shop.reader.put(shop.url("/upload/file.bin"), b"x" * FILE_BYTES)

        assert refused.status == 403
        assert difference(before, scraped(client)).get("registry_received_bytes_total", 0) == 0

    def test_given_a_head_request_then_only_headers_went_out(self, client: ApiClient, shop: Workshop) -> None:
        shop.upload(b"x" * FILE_BYTES, tag="stable").ok()
        before = scraped(client)

        shop.reader.head(shop.url("/+/stable")).ok()

        assert difference(before, scraped(client))["registry_sent_bytes_total"] < FILE_BYTES


class TestWhatElseIsMeasured:
    def test_given_an_upload_and_a_download_then_the_store_was_timed(
        self, client: ApiClient, shop: Workshop
    ) -> None:
        before = scraped(client)
        shop.upload(b"bytes", tag="stable").ok()
        shop.download("stable").ok()

        counted = difference(before, scraped(client))

        assert counted['registry_store_seconds_count{operation="write"}'] == 1
        # A directory gives a file, an S3 server a stream.
        reads = [
            counted.get(f'registry_store_seconds_count{{operation="{each}"}}', 0)
            for each in ("open_file", "read")
        ]
        assert sum(reads) >= 1

    def test_given_questions_to_the_cache_then_hits_and_misses_are_counted(
        self, client: ApiClient, shop: Workshop
    ) -> None:
        shop.upload(b"bytes", version="1.0.0").ok()
        before = scraped(client)

        for _ in range(3):
            shop.download("latest").ok()

        counted = difference(before, scraped(client))
        assert counted['registry_cache_lookups_total{outcome="miss"}'] == 1
        assert counted['registry_cache_lookups_total{outcome="hit"}'] == 2

    def test_given_a_transaction_then_its_connection_is_in_use_until_its_end(
        self, make_app: MakeApp, tmp_path: Path
    ) -> None:
        app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/own.db")
        client = ApiClient(sender(app))
        before = scraped(client)[IN_USE]

        with app.app_context(), reading() as session:
            session.execute(select(literal(1)))
            during = scraped_beside(client)[IN_USE]

        assert (during - before, scraped(client)[IN_USE] - before) == (1, 0)

    def test_given_connections_that_are_closed_then_they_are_no_longer_counted(
        self, make_app: MakeApp, tmp_path: Path
    ) -> None:
        app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/own.db")
        client = ApiClient(sender(app))
        before = scraped(client)["registry_database_connections"]

        with app.app_context():
            db.engine.dispose()

        # The page itself opens one again.
        assert scraped(client)["registry_database_connections"] <= before

    def test_given_any_moment_then_jobs_are_there(self, client: ApiClient) -> None:
        samples = scraped(client)

        assert [name for name in samples if name.startswith("registry_jobs{state=")]


def scraped_beside(client: ApiClient) -> dict[str, float]:
    """Return the metrics as another thread sees them, since this one is in a transaction."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(scraped, client).result()


class TestWhoMayAsk:
    @pytest.mark.parametrize("credential", [None, "nonsense", "wxr_" + "x" * 43])
    def test_given_no_token_in_the_settings_then_everybody(
        self, client: ApiClient, credential: str | None
    ) -> None:
        assert client.as_(credential).get(METRICS).status == 200

    def test_given_a_token_then_only_who_presents_it(self, make_app: MakeApp) -> None:
        client = ApiClient(sender(make_app(METRICS_TOKEN=TOKEN)))

        for wrong in (None, TOKEN + "x", "\N{SNOWMAN}".encode().decode("latin-1")):
            answer = client.as_(wrong).get(METRICS)
            assert (answer.status, answer.reason) == (401, "unauthorized")
            assert "WWW-Authenticate" in answer.headers
        assert client.as_(TOKEN).get(METRICS).status == 200

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(("settings", "status"), [({}, 401), ({"METRICS_PUBLIC": "true"}, 200)], ids=str)
    def test_given_production_then_they_are_closed_until_a_setting_opens_them(
        self, make_app: MakeApp, settings: dict[str, str], status: int
    ) -> None:
        secrets = {"JWT_SECRET_KEY": JWT_SECRET, "API_KEY_SECRET": JWT_SECRET[::-1]}
        client = ApiClient(sender(make_app(APP_ENV="production", **secrets, **settings)))

        assert [client.as_(each).get(METRICS).status for each in (None, TOKEN)] == [status, status]

    def test_given_a_port_of_their_own_then_nothing_else_is_there_and_they_are_nowhere_else(
        self, make_app: MakeApp
    ) -> None:
        client = ApiClient(sender(make_app(METRICS_PORT="9464")))

        assert client.get(METRICS).status == 404
        assert client.get("/api/health").status == 200
        theirs = {"environ_overrides": {"SERVER_PORT": "9464"}}
        assert client.get(METRICS, **theirs).status == 200
        for path in ("/api/health", "/api/v1/projects", "/", "/nothing"):
            assert client.get(path, **theirs).status == 404

    def test_given_a_port_of_their_own_then_no_header_opens_it(self, make_app: MakeApp) -> None:
        client = ApiClient(sender(make_app(METRICS_PORT="9464", TRUSTED_PROXY_HOPS="1")))
        lies = {
            "Host": "localhost:9464", "X-Forwarded-Port": "9464", "X-Forwarded-Host": "localhost:9464",
            "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http",
        }  # fmt: skip

        assert client.get(METRICS, headers=lies).status == 404
