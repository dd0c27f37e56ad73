// What the application systems read before their rules: signed cookies and tokens, envelopes, and
// the small languages of Eliza's doctor and DungeonLab's dice and patches.

#include "apps/auth/express_cookie.hpp"
#include "apps/auth/tokens.hpp"
#include "apps/common/envelope.hpp"
#include "apps/dungeonlab/dice.hpp"
#include "apps/dungeonlab/json_patch.hpp"
#include "apps/eliza/doctor.hpp"
#include "apps/eliza/phrases.hpp"
#include "apps/eliza/times.hpp"
#include "engineio/limits.hpp"
#include "engineio/net/text.hpp"
#include "tests/fuzz/packet_checks.hpp"
#include "tests/fuzz/targets.hpp"

#include <chrono>
#include <string>

namespace fuzz {
namespace app_text_target {

using engineio::net::is_valid_utf8;
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

void check_dice(std::string_view text) {
    using namespace apps::dungeonlab;
    auto const formula = parse_formula(text);
    if (!formula || !can_roll({formula->sides, formula->quantity})) {
        return;
    }
    auto const rolled = apps::dungeonlab::roll({formula->sides, formula->quantity},
                                               [](int sides) { return sides; });
    FUZZ_CHECK(rolled.results.size() == static_cast<std::size_t>(formula->quantity));
    FUZZ_CHECK(formula->quantity >= 1 && formula->quantity <= max_dice);
    FUZZ_CHECK(formula->sides >= 1 && formula->sides <= max_sides);
}

void check_patch(Json const& document, Json const& operations) {
    using namespace apps::dungeonlab;
    if (!is_patch(operations)) {
        return;
    }
    auto const before = document.dump();
    auto const result = apply_patch(document, operations);
    if (result.error) {
        FUZZ_CHECK(!result.error->empty());
        return;
    }
    FUZZ_CHECK(operations.size() <= max_patch_operations);
    FUZZ_CHECK(count_of(result.document) <=
               count_of(document) + count_of(operations) + max_patch_copied_values);
    FUZZ_CHECK(depth_of(result.document) <=
               std::max(depth_of(document), max_patched_depth + depth_of(operations)));
    // Nothing but tests changes nothing; and the result is what a test says it is.
    auto const test =
        Json::array({Json::object({{"op", "test"}, {"path", ""}, {"value", result.document}})});
    auto const again = apply_patch(result.document, test);
    FUZZ_CHECK(!again.error);
    FUZZ_SAME(again.document.dump(), result.document.dump());
}

void check_phrases(std::string_view line) {
    using namespace apps::eliza;
    std::size_t words = 0;
    for (auto const& sentence : sentences_of(line)) {
        for (auto const& word : sentence) {
            FUZZ_CHECK(!word.empty());
        }
        words += sentence.size();
        for (auto const* pattern : {"*", "* i am *", "* my * mother/father *", "hello"}) {
            if (auto const pieces = match(pattern, sentence)) {
                auto const answer = assembled("why (1) and (2) ?", *pieces);
                FUZZ_CHECK(!is_valid_utf8(line) || is_valid_utf8(answer));
            }
        }
        FUZZ_CHECK(!is_valid_utf8(line) || is_valid_utf8(reflected(sentence)));
    }
    FUZZ_CHECK(words <= 400);  // 200 read, of which each may be opened into two
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

void dungeonlab(Bytes bytes) {
    using namespace app_text_target;
    Input input(bytes);
    auto const first = replace_invalid_utf8(input.until('\n'));
    auto const second = replace_invalid_utf8(input.rest());
    check_dice(first);
    auto const document = Json::parse(first);
    auto const operations = Json::parse(second);
    if (document && operations) {
        check_patch(*document, *operations);
    }
}

void eliza(Bytes bytes) {
    using namespace app_text_target;
    Input input(bytes);
    apps::eliza::DoctorConversation conversation(apps::eliza::doctor_script());
    for (int lines = 0; lines < 20 && !input.empty(); ++lines) {
        auto const line = replace_invalid_utf8(input.until('\n'));
        check_phrases(line);
        auto const answer = conversation.answer(line);
        FUZZ_CHECK(!answer.empty() && is_valid_utf8(answer));
        if (auto const time = apps::eliza::time_of(line); time && *time >= 0) {
            auto const printed = apps::eliza::iso_time(*time);
            FUZZ_CHECK(printed.size() > 24 || apps::eliza::time_of(printed) == time);
        }
    }
}

}  // namespace fuzz
