#include "engineio/polling_transport.hpp"

#include "engineio/limits.hpp"
#include "engineio/session.hpp"
#include "tests/rig/allocated.hpp"
#include "tests/rig/session_rig.hpp"

#include <doctest/doctest.h>

#include <optional>

namespace polling_transport_test {

using namespace engineio;
using namespace std::chrono_literals;

namespace {

class Listener final : public SessionHandler {
public:
    explicit Listener(std::optional<CloseReason>& reason) : reason_(reason) {}
    void on_message(std::string_view) override {}
    void on_binary(std::string_view) override {}
    void on_drain() override {}
    void on_close(CloseReason reason, std::string_view) override { reason_ = reason; }

private:
    std::optional<CloseReason>& reason_;
};

// A polling session whose client has fetched the open packet; answers go nowhere.
struct Polling {
    Polling() {
        shard.turn([&] {
            session =
                std::make_unique<Session>(shard, options, Session::Opening{"sid", 4, false, {}});
            auto owned =
                std::make_unique<PollingTransport>(shard, options, PollingTransport::Format());
            transport = owned.get();
            transport->bind(*session);
            session->own(std::move(owned));
            get();
            session->open(std::make_unique<Listener>(reason), *transport, [](Session&) {});
        });
    }
    void get(net::Headers headers = {}) {
        net::Request request;
        request.method = "GET";
        request.headers = std::move(headers);
        transport->on_request({std::move(request), {}, {}, false});
    }

    rig::TestShard shard;
    Options options;
    std::optional<CloseReason> reason;
    std::unique_ptr<Session> session;
    PollingTransport* transport = nullptr;
};

}  // namespace

TEST_CASE("polling_transport: a parked GET weighs little more than its head") {
    Polling polling;
    std::string agent;
    polling.options.headers = [&](net::Headers&, net::Request const& request) {
        agent = request.header("user-agent");
    };
    auto const before = rig::allocated_bytes();
    net::Headers headers;
    for (std::size_t i = 0; i < limits::max_headers_count; ++i) {
        headers.push_back({"x" + std::to_string(i), ""});
    }
    headers.push_back({"user-agent", "test"});
    polling.shard.turn([&] { polling.get(std::move(headers)); });
    CHECK(rig::allocated_bytes() - before < std::size_t{2} * limits::max_header_bytes);  // of 12 KB
    CHECK(agent.empty());
    auto const message = net::Message::make(net::MessageKind::text, "4x");
    polling.shard.turn([&] { polling.session->send({&message, 1}); });
    CHECK(agent == "test");  // its answer finds all
}

TEST_CASE("polling_transport: a close that no GET fetches is over after 30 seconds") {
    Polling polling;
    polling.shard.advance(1s);
    polling.shard.turn([&] { polling.session->close(); });
    polling.shard.advance(limits::polling_close_timeout - 1s);
    CHECK_FALSE(polling.reason);
    polling.shard.advance(2s);
    CHECK(polling.reason == CloseReason::forced_close);
}

TEST_CASE("polling_transport: a close waits for the next GET") {
    Polling polling;
    polling.shard.turn([&] { polling.session->close(); });
    CHECK_FALSE(polling.reason);
    polling.shard.turn([&] { polling.get(); });
    CHECK(polling.reason == CloseReason::forced_close);
}

}  // namespace polling_transport_test
