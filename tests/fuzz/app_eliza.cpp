// ElizaOS: its doctor's small language, and what people say and ask in its channels.

#include "apps/eliza/doctor.hpp"
#include "apps/eliza/eliza.hpp"
#include "apps/eliza/phrases.hpp"
#include "apps/eliza/statements.hpp"
#include "apps/eliza/times.hpp"
#include "apps/eliza/views.hpp"
#include "apps/eliza_schema.hpp"
#include "apps/store/migrations.hpp"
#include "tests/fuzz/messages.hpp"
#include "tests/fuzz/targets.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace fuzz {
namespace eliza_target {

using engineio::net::is_valid_utf8;
using engineio::net::replace_invalid_utf8;
using namespace apps::eliza;

void check_phrases(std::string_view line) {
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

constexpr char agent[] = "00000000-0000-4000-8000-00000000000a";
constexpr char room[] = "00000000-0000-4000-8000-000000000001";

// Made once; what an input changes is taken back.
apps::store::Database& archive() {
    static apps::store::Database database(":memory:");
    static bool const made = [] {
        apps::store::migrate(database, schema);
        return true;
    }();
    FUZZ_CHECK(made);
    return database;
}

// A small world: everything in it makes place soon.
struct Lobby {
    Lobby() {
        archive().run("BEGIN");
        rules().begin({{agent, "Eliza", "listens"}});
    }
    ~Lobby() { archive().rollback(); }
    Lobby(Lobby const&) = delete;
    Lobby& operator=(Lobby const&) = delete;

    Eliza rules() { return {archive(), clock, ids, policy}; }

    void hear(std::string const& type, Json const& message) {
        auto const who = message["who"].is_null() ? "first" : "second";
        auto const channel = channel_id_of(message);
        auto const viewer = first_text(message, {"entityId"});
        auto const& payload = message["payload"].is_object() ? message["payload"] : message;
        if (type == "join") {
            auto entrance = entrance_of(payload);
            entrance.makes_channel = !message["new"].is_null();
            entrance.self = entrance.entity;
            entrance.maker = who;
            heard(rules().join(entrance));
        } else if (type == "clear") {
            heard(rules().clear(channel, viewer));
        } else if (type == "world") {
            look(channel.empty() ? std::nullopt : std::optional(channel), viewer);
        } else if (type == "remove") {
            heard(rules().remove_channel(channel, viewer));
        } else if (type == "page") {
            turn_pages(channel, viewer, message);
        } else if (type == "change") {
            change(channel, viewer, message);
        } else if (type == "sweep") {
            rules().sweep();
        }
        say(statement_of(payload), who);
        say(flat_statement(message), who);
    }

    void say(Statement statement, char const* who) {
        if (!is_complete(statement)) {
            return;
        }
        statement.self = statement.sender;
        statement.maker = who;
        auto const said = rules().say(statement);
        heard(said);
        if (said) {
            auto const& message = said->message;
            FUZZ_CHECK(message.content.size() <= policy.limits.text_bytes);
            FUZZ_CHECK(message.metadata.text().size() <= policy.limits.metadata_bytes);
            FUZZ_CHECK(said->history.size() <= policy.limits.history);
            FUZZ_CHECK(said->repeated || rules().message(message.id, statement.sender));
            FUZZ_CHECK(read<Broadcast>(socketio::to_json(broadcast_of(message))).has_value());
        }
    }

    void look(std::optional<std::string> const& channel, std::string const& viewer) {
        auto const world = rules().world(channel, viewer);
        heard(world);
        if (world) {
            FUZZ_CHECK(world->rooms.size() <= policy.limits.world_channels);
            for (auto const& place : world->rooms) {
                FUZZ_CHECK(place.messages.size() <= policy.limits.world_messages);
            }
            FUZZ_CHECK(read<WorldState>(socketio::to_json(state_of(*world))).has_value());
        }
    }

    void turn_pages(std::string const& channel, std::string const& viewer, Json const& message) {
        auto const number = [&](char const* name) -> std::optional<std::int64_t> {
            return message[name].is_integer() ? std::optional(*message[name].integer())
                                              : std::nullopt;
        };
        auto const page =
            rules().messages(channel, {number("limit"), number("before"), number("after")}, viewer);
        heard(page);
        FUZZ_CHECK(!page || page->size() <= policy.limits.page);
    }

    void change(std::string const& channel, std::string const& viewer, Json const& message) {
        ChannelChange wanted;
        wanted.name = first_text(message, {"name"});
        wanted.metadata = message["metadata"];
        if (std::vector<std::string> people;
            socketio::read_value(message["participants"], people)) {
            wanted.participants = std::move(people);
        }
        auto const changed = rules().change_channel(channel, wanted, viewer);
        heard(changed);
        FUZZ_CHECK(!changed || changed->channel.id == channel);
    }

    template <class T>
    static void heard(Outcome<T> const& outcome) {
        FUZZ_CHECK(outcome || (!outcome.error().error.empty() && outcome.error().status >= 400));
    }

    void check() {
        Archive kept(archive());
        FUZZ_CHECK(kept.count_channels() <= policy.limits.channels);
        auto const listed = rules().channels(default_server_id, "");
        FUZZ_CHECK(listed && listed->size() <= policy.limits.listed_channels);
        for (auto const& channel : *listed) {
            FUZZ_CHECK(channel.name.size() <= policy.limits.name_bytes);
            FUZZ_CHECK(kept.participants(channel.id).size() <= policy.limits.participants);
        }
    }

    std::int64_t now = 1000;
    int next_id = 100;
    apps::common::Clock clock = [this] { return now; };
    apps::common::IdSource ids = [this] {
        return "00000000-0000-4000-8000-000000000" + std::to_string(next_id++);
    };
    Policy policy{.limits = {.text_bytes = 40,
                             .name_bytes = 20,
                             .metadata_bytes = 60,
                             .participants = 3,
                             .channels = 4,
                             .channels_per_maker = 2,
                             .used_channels_per_maker = 3,
                             .servers = 2,
                             .messages_per_channel = 5,
                             .kept_bytes = 20'000,
                             .kept_bytes_per_maker = 10'000,
                             .listed_channels = 3,
                             .page = 3,
                             .world_messages = 3,
                             .world_channels = 3,
                             .world_participants = 5,
                             .history = 3,
                             .answer_bytes = 4'000}};
};

}  // namespace eliza_target

void eliza(Bytes bytes) {
    using namespace eliza_target;
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
    if (std::find(bytes.begin(), bytes.end(), '{') != bytes.end()) {  // else it is only talk
        Lobby lobby;
        play(bytes, lobby);
    }
}

}  // namespace fuzz
