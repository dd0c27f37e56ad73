// What the application systems read before their rules: signed cookies, tokens and envelopes.

#include "apps/auth/express_cookie.hpp"
#include "apps/auth/tokens.hpp"
#include "apps/common/envelope.hpp"
#include "engineio/limits.hpp"
#include "engineio/net/text.hpp"
#include "tests/fuzz/packet_checks.hpp"
#include "tests/fuzz/targets.hpp"

#include <chrono>
#include <string>

namespace fuzz {
namespace app_text_target {

using engineio::net::replace_invalid_utf8;
using socketio::Json;

constexpr std::int64_t now = 1'700'000'000'000;

// Signed by somebody else's secret.
void check_forgery(apps::auth::ExpressCookie const& cookie, std::string const& id) {
    apps::auth::ExpressCookie const other({"another secret"});
    FUZZ_CHECK(!cookie.unsign(other.sign(id)));
    FUZZ_CHECK(!cookie.unsign(id) || id == cookie.sign(*cookie.unsign(id)));
}

void check_cookie(std::string const& id) {
    apps::auth::ExpressCookie const cookie({"new secret", "old secret"});
    apps::auth::ExpressCookie const before({"old secret"});
    check_forgery(cookie, id);
    if (!id.empty()) {
        FUZZ_CHECK(cookie.unsign(cookie.sign(id)) == id);
        FUZZ_CHECK(cookie.unsign(before.sign(id)) == id);
        FUZZ_CHECK(!before.unsign(cookie.sign(id)));
        FUZZ_CHECK(!cookie.unsign(cookie.sign(id) + "x"));
    }
}

void check_token(std::string const& text, std::uint8_t where) {
    using namespace std::chrono_literals;
    apps::auth::Tokens const tokens({{"secret"}, "fuzz", 60s, [] { return now; }});
    apps::auth::Tokens const later({{"secret"}, "fuzz", 60s, [] { return now + 60'000; }});
    FUZZ_CHECK(!tokens.verify(text));
    auto const user = replace_invalid_utf8(text);
    auto token = tokens.issue(user);
    if (token.size() > 4000) {
        return;  // longer ones are refused unread
    }
    FUZZ_CHECK(tokens.user(token) == user);
    FUZZ_CHECK(!later.verify(token));
    FUZZ_CHECK(!tokens.verify(token + text) || text.empty());
    // Any other byte anywhere: no token any more.
    auto& byte = token[where % token.size()];
    byte = byte == 'A' ? 'B' : 'A';
    FUZZ_CHECK(!tokens.verify(token));
}

void check_envelope(apps::common::Envelope const& envelope, std::string const& text, bool flat) {
    using apps::common::Fault;
    apps::common::Inbound first;
    auto const fault = envelope.decode(text, first);
    FUZZ_CHECK(first.message_id.size() <= engineio::limits::max_message_id_bytes);
    FUZZ_CHECK(first.id.size() <= engineio::limits::max_message_id_bytes);
    FUZZ_CHECK(!first.priority || (*first.priority >= 0 && *first.priority < 5));
    FUZZ_CHECK((fault == Fault::not_json) == !Json::parse(text).has_value());
    if (fault) {
        FUZZ_CHECK(!apps::common::fault_text(*fault).empty());
        return;
    }
    FUZZ_CHECK(!first.type.empty());
    if (flat || depth_of(first.payload) >= socketio::max_json_depth) {
        return;  // the payload has the envelope's members, too
    }
    std::string written;
    auto const tell = [&](socketio::Writer& writer) { socketio::write(writer, first.payload); };
    envelope.encode(written, first.type, socketio::PayloadRef(tell),
                    {first.message_id, first.id, first.priority, now});
    apps::common::Inbound second;
    FUZZ_CHECK(!envelope.decode(written, second));
    FUZZ_SAME(second.type, first.type);
    FUZZ_SAME(second.payload.dump(), first.payload.dump());
    FUZZ_SAME(second.id, first.id);
    FUZZ_CHECK(first.message_id.empty() || second.message_id == first.message_id);
}

}  // namespace app_text_target

void auth(Bytes bytes) {
    using namespace app_text_target;
    Input input(bytes);
    auto const where = input.byte();
    std::string const text(input.rest());
    check_cookie(text);
    check_token(text, where);
}

void envelope(Bytes bytes) {
    using namespace app_text_target;
    using apps::common::Envelope;
    auto const text = replace_invalid_utf8(Input(bytes).rest());
    check_envelope(Envelope::flat(), text, true);
    check_envelope(Envelope::nested("payload").with_timestamp().with_message_id().with_priority(2),
                   text, false);
    check_envelope(Envelope::nested("d").with_id("request_id"), text, false);
}

}  // namespace fuzz
