// DungeonLab: its dice, its patches, and what is said at its tables.

#include "apps/dungeonlab/dice.hpp"
#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/dungeonlab.hpp"
#include "apps/dungeonlab/json_patch.hpp"
#include "apps/dungeonlab/messages.hpp"
#include "tests/fuzz/messages.hpp"
#include "tests/fuzz/packet_checks.hpp"
#include "tests/fuzz/targets.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace fuzz {
namespace dungeonlab_target {

using engineio::net::replace_invalid_utf8;
using namespace apps::dungeonlab;

void check_dice(std::string_view text) {
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

// Two people with two connections each, in small sessions.
struct Table {
    static constexpr int connections = 4;
    static constexpr Limits limits{.session_id_bytes = 10,
                                   .chat_bytes = 20,
                                   .chat_metadata_bytes = 40,
                                   .remembered_bytes = 60,
                                   .sessions = 3,
                                   .idle_sessions = 1,
                                   .listed_members = 1};

    Table()
        : rules([this] { return now; },
                [this](User const& user, std::string_view session) -> std::optional<std::string> {
                    bool const may = session != "closed" && user.id != banned;
                    return may ? std::nullopt : std::optional<std::string>("Permission denied");
                },
                limits) {
        for (int i = 0; i < connections; ++i) {
            rules.connect(name(i), person(i));
        }
    }

    static std::string name(int connection) { return "c" + std::to_string(connection); }
    static User person(int connection) {
        auto const id = "u" + std::to_string(connection / 2);
        return {id, id, id, false};
    }

    void hear(std::string const& type, Json const& message) {
        auto const who = static_cast<int>(message["who"].integer().value_or(0) & (connections - 1));
        auto const connection = name(who);
        if (type == "join") {
            join(connection, text_in(message, "sessionId"));
        } else if (type == "leave") {
            auto const session = message["sessionId"].string();
            if (rules.leave(connection, session ? std::optional(*session) : std::nullopt)) {
                FUZZ_CHECK(rules.session_of(connection).empty());
            }
        } else if (type == "gone") {
            rules.disconnect(connection);
            FUZZ_CHECK(rules.session_of(connection).empty());
            rules.connect(connection, person(who));
        } else if (type == "ban") {
            banned = message["who"].is_null() ? "" : person(who).id;
            rules.recheck(banned);
        } else if (type == "end") {
            rules.clear(text_in(message, "sessionId"));
        }
        say(connection, message);
        update(connection, message);
        validate(connection, message);
        read<documents::Search>(message);
        read<documents::NewDocument>(message);
        read<std::vector<Dice>>(message["dice"]);
    }

    void join(std::string const& connection, std::string const& session) {
        auto const arrival = rules.join(connection, session);
        if (!arrival) {
            FUZZ_CHECK(!arrival.error().message.empty());
            return;
        }
        FUZZ_CHECK(rules.session_of(connection) == session && arrival->session == session);
        FUZZ_CHECK(!arrival->members.empty() && arrival->members.size() <= limits.listed_members);
        for (auto const& kept : {arrival->map, arrival->initiative}) {
            FUZZ_CHECK(!kept || kept->size() <= limits.remembered_bytes);
        }
    }

    void say(std::string const& connection, Json const& message) {
        auto const request = read<ChatRequest>(message);
        if (!request || !(request->message || request->content)) {
            return;
        }
        auto const text = request->message ? *request->message : *request->content;
        auto const metadata = request->metadata.value_or(Json::object()).dump();
        if (auto const ticket = rules.chat(connection, request->sessionId, text, metadata.size())) {
            FUZZ_CHECK(!text.empty() && text.size() <= limits.chat_bytes);
            FUZZ_CHECK(metadata.size() <= limits.chat_metadata_bytes);
            FUZZ_CHECK(ticket->session == rules.session_of(connection));
            FUZZ_CHECK(ticket->user.id != banned);
        }
    }

    void update(std::string const& connection, Json const& message) {
        if (auto const ticket = rules.authorise(connection, std::nullopt)) {
            FUZZ_CHECK(ticket->session == rules.session_of(connection));
            rules.remember(*ticket,
                           message["map"].is_null() ? StateKind::initiative : StateKind::map,
                           message.dump());
        }
    }

    void validate(std::string const& connection, Json const& message) {
        Action action;
        action.type = text_in(message, "type");
        action.formula = text_in(message, "formula");
        action.content = text_in(message, "content");
        action.x = message["x"].number();
        action.y = message["y"].number();
        auto const objection = rules.objection(connection, action);
        FUZZ_CHECK(!objection || !objection->empty());
    }

    void check() const {
        std::set<std::string> sessions;
        for (int i = 0; i < connections; ++i) {
            auto const session = rules.session_of(name(i));
            if (session.empty()) {
                continue;
            }
            sessions.insert(session);
            auto const other = rules.session_of(name(i ^ 1));
            FUZZ_CHECK(other.empty() || other == session);  // one person is in one place
            FUZZ_CHECK(rules.connection_of(person(i).id, session).has_value());
            FUZZ_CHECK(session.size() <= limits.session_id_bytes && session != "closed");
            FUZZ_CHECK(!rules.members(session).empty());
        }
        FUZZ_CHECK(sessions.size() <= limits.sessions);
    }

    std::int64_t now = 1;
    std::string banned;
    DungeonLab rules;
};

}  // namespace dungeonlab_target

void dungeonlab(Bytes bytes) {
    using namespace dungeonlab_target;
    Input input(bytes);
    auto const first = replace_invalid_utf8(input.until('\n'));
    auto const second = replace_invalid_utf8(input.rest());
    check_dice(first);
    auto const document = Json::parse(first);
    auto const operations = Json::parse(second);
    if (document && operations) {
        check_patch(*document, *operations);
    }
    Table table;
    play(bytes, table);
}

}  // namespace fuzz
