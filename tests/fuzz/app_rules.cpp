// Messages of the systems whose rules know no socket: read into their types, written back, and
// played. A script is lines of JSON in the system's form; after each its rules must still hold.

#include "apps/casys/casys.hpp"
#include "apps/casys/messages.hpp"
#include "apps/casys/state.hpp"
#include "apps/fuse/fuse.hpp"
#include "apps/fuse/messages.hpp"
#include "apps/kaiku/guilds.hpp"
#include "apps/kaiku/messages.hpp"
#include "apps/kaiku/people.hpp"
#include "engineio/net/text.hpp"
#include "tests/fuzz/messages.hpp"
#include "tests/fuzz/targets.hpp"

#include <map>
#include <stdexcept>
#include <string>

namespace fuzz {
namespace app_rule_target {

// ---- CASYS

class CasysStore final : public apps::casys::GameStore {
public:
    std::vector<apps::casys::Game> load() override { return {}; }
    void save(apps::casys::Game const& game) override { games[game.game_id] = game; }
    void remove(std::string const& id) override { games.erase(id); }
    void feedback(std::string const& text, std::int64_t) override { FUZZ_CHECK(!text.empty()); }

    std::map<std::string, apps::casys::Game> games;
};

constexpr auto book = R"({"title":"T","character":{"name":"N","endurance":5,"chance":7,"skill":5,
    "items":["hat"],"capacity":2,"gold":1},"sections":[
    {"number":1,"content":"a","choices":[{"text":"two","to":2},{"text":"three","to":3}]},
    {"number":2,"content":"b","choices":[
        {"text":"jump","test":{"dice":"chance","success":4,"failure":5,"wound":9}},
        {"text":"unlock","needs":["key"],"to":6}]},
    {"number":3,"content":"c","gives":["key","anvil"],"gold":4,"choices":[{"text":"on","to":2}]},
    {"number":4,"content":"d","choices":[]},{"number":5,"content":"e","choices":[]},
    {"number":6,"content":"f","choices":[]}]})";

struct Casys {
    Casys()
        : rules(
              apps::casys::Story::parse(book), store, [this] { return now; },
              [this] { return "id-" + std::to_string(++ids); },
              [this](int sides) { return 1 + static_cast<int>(++rolls) % sides; },
              {.named_games = 3, .games_per_address = 2, .unplayed_ms = 5}) {}

    void hear(std::string const& type, Json const& message) {
        using namespace apps::casys;
        if (auto const choice = read<ChoiceMessage>(message)) {
            auto const& wish = choice->choice;
            auto const id = wish.game_id.value_or("");
            auto const* before = rules.find(id);
            auto const version = before ? before->version : 0;
            auto const game =
                rules.choose(id, {id, wish.choice_id.value_or(""), wish.choice_text.value_or("")});
            FUZZ_CHECK(!game || game->version == version + 1);
            FUZZ_CHECK(game || !game.error().message.empty());
        }
        if (type == "start") {
            if (auto const wish = read<InitializeRequest>(message)) {
                auto const id = wish->game_id.value_or("");
                auto const game =
                    rules.initialize(id, wish->session_id.value_or(""), wish->section_number,
                                     wish->player_id.value_or(""));
                FUZZ_CHECK(!game || id.empty() || game->game_id == id);
            }
        }
        if (type == "end") {
            rules.end(text_in(message, "game_id"));
        }
        if (type == "roll") {
            rules.roll(text_in(message, "dice"));
        }
        read<PingMessage>(message);
    }
    void check() const {
        FUZZ_CHECK(store.games.size() <= 4);
        for (auto const& [id, game] : store.games) {
            auto const* running = rules.find_exact(id);
            FUZZ_CHECK(running && running->version == game.version);
            FUZZ_CHECK(game.endurance >= 0 && game.gold >= 0);
            FUZZ_CHECK(id.size() <= 128 && game.items.size() <= 2);
            auto const state = socketio::to_json(state_of(*rules.story(), game));
            FUZZ_CHECK(read<apps::casys::GameState>(state).has_value());
        }
    }

    std::int64_t now = 1;
    int ids = 0;
    unsigned rolls = 0;
    CasysStore store;
    apps::casys::Casys rules;
};

// ---- The New Fuse

class FuseJournal final : public apps::fuse::Journal {
public:
    State load() override { return {{{"u1", "ana"}, {"u2", "ben"}}, {}, {}, {}}; }
    void room_made(std::string const&, Room const&) override { ++rooms; }
    void joined(std::string const&, std::string const&) override {}
    void left(std::string const&, std::string const&) override {}
    void room_gone(std::string const&) override { --rooms; }
    void said(apps::fuse::Line const& line) override {
        FUZZ_CHECK(!line.content.empty() && line.content.size() <= 40);
        FUZZ_CHECK(!line.metadata || line.metadata->text().size() <= 60);
    }
    void task(apps::fuse::Task const& task) override {
        FUZZ_CHECK(task.priority >= 0 && task.progress >= 0 && task.progress <= 100);
        tasks[task.id] = task;
    }
    void task_gone(std::string const& id) override { FUZZ_CHECK(tasks.erase(id) == 1); }

    std::size_t rooms = 0;
    std::map<std::string, apps::fuse::Task> tasks;
};

struct Fuse {
    Fuse()
        : rules(
              journal, [this] { return now; }, [this] { return "t" + std::to_string(++ids); },
              {.content_bytes = 40,
               .metadata_bytes = 60,
               .rooms = 5,
               .rooms_per_place = 3,
               .rooms_per_user = 4,
               .rooms_per_member = 4,
               .rooms_per_connection = 3,
               .task_bytes = 4000,
               .task_bytes_per_place = 2000,
               .tasks_per_user = 4}) {}

    void hear(std::string const& type, Json const& message) {
        using namespace apps::fuse;
        bool const second = message["who"].is_integer();
        auto const place = message["where"].string() ? "here" : "";
        Speaker const who{second ? 2U : 1U, second ? "u2" : "u1", place};
        auto const& payload = message["payload"];
        auto const id = text_in(message, "messageId");
        if (auto const room = read<RoomRequest>(payload)) {
            if (type == "joinRoom") {
                FUZZ_CHECK(!rules.join(who, room->roomId) ||
                           rules.may_read(who.user, room->roomId));
            } else if (type == "leaveRoom") {
                rules.leave(who, room->roomId);
                FUZZ_CHECK(!rules.may_read(who.user, room->roomId));
            }
        }
        if (auto const said = read<MessageRequest>(payload)) {
            auto const spoken =
                rules.speak(who, said->roomId, said->content, said->metadata.value_or(Json()), id);
            FUZZ_CHECK(!spoken || rules.may_read(who.user, said->roomId));
        }
        if (auto const form = read<TaskForm>(payload); form && type == "createTask") {
            rules.create({who.user, who.place},
                         {form->title, form->description, form->status, form->assigneeId,
                          form->priority, form->progress, form->metadata});
        }
        if (auto const update = read<TaskUpdateRequest>(payload)) {
            TaskPatch patch;
            patch.status = update->status;
            patch.progress = update->progress;
            patch.metadata = update->metadata;
            rules.update(who.user, update->taskId, patch, id);
        }
        if (type == "gone") {
            rules.disconnect(who.connection);
        }
        read<TaskAssignRequest>(payload);
    }
    void check() const {
        FUZZ_CHECK(rules.room_count() <= 5 && journal.rooms == rules.room_count());
        FUZZ_CHECK(rules.task_count() <= 8 && rules.task_count() == journal.tasks.size());
        for (auto const& [id, task] : journal.tasks) {
            auto const* kept = rules.find_task(id);
            FUZZ_CHECK(kept && kept->updated == task.updated && kept->title == task.title);
        }
    }

    std::int64_t now = 1;
    int ids = 0;
    FuseJournal journal;
    apps::fuse::Fuse rules;
};

// ---- Kaiku

class KaikuJournal final : public apps::kaiku::Journal {
public:
    void status(std::string const&, std::string const&) override {}
    void guild(apps::kaiku::Guild const& guild) override {
        FUZZ_CHECK(!guild.name.empty() && guild.name.size() <= apps::kaiku::Guilds::max_name_bytes);
    }
    void member(apps::kaiku::Member const&) override {}
    void invite(apps::kaiku::Invite const& invite) override { code = invite.code; }
    void invite_gone(std::string const&) override {}
    void channel(apps::kaiku::Channel const& channel) override {
        FUZZ_CHECK(channel.type == "text" || channel.type == "voice");
    }
    void friendship(apps::kaiku::Friendship const&) override {}
    void friendship_gone(std::string const&) override {}
    void said(apps::kaiku::Message const& message) override {
        FUZZ_CHECK(!message.content.empty());
        FUZZ_CHECK(engineio::net::utf16_length(message.content) <=
                   2 * apps::kaiku::Guilds::max_content);
    }

    std::string code;
};

apps::kaiku::Journal::State kaiku_state() {
    apps::kaiku::Journal::State state;
    for (auto const* name : {"gm", "ana"}) {
        apps::kaiku::User user;
        user.id = user.username = name;
        state.users.push_back(user);
    }
    state.guilds = {{"g", "Harbor", "gm", 1}};
    state.members = {{"g", "gm", 1}};
    state.channels = {{"v", "g", "lounge", "voice", "", 1, 1}, {"t", "g", "all", "text", "", 0, 1}};
    return state;
}

struct Kaiku {
    Kaiku()
        : guilds(
              journal, [this] { return now; }, [this] { return "k" + std::to_string(++ids); },
              kaiku_state()),
          people(
              journal, [this] { return now; }, [this] { return "p" + std::to_string(++ids); },
              kaiku_state(),
              [this] {
                  return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now));
              }) {}

    void hear(std::string const& type, Json const& message) {
        using namespace apps::kaiku;
        std::string const user = message["who"].is_integer() ? "ana" : "gm";
        auto const text = [&](char const* name) { return text_in(message, name); };
        if (auto const form = read<GuildForm>(message); form && type == "guild") {
            guilds.create(user, form->name);
        }
        if (auto const form = read<ChannelForm>(message)) {
            guilds.add_channel(user, text("guild"), form->name, form->channel_type,
                               form->topic.value_or(""));
        }
        if (auto const form = read<InviteForm>(message); form && type == "invite") {
            guilds.invite(user, "g", form->expires_in.value_or("1d"));
            guilds.join("ana", journal.code);
        }
        if (auto const form = read<MessageForm>(message)) {
            auto const said = guilds.say(user, text("channel"), {form->content, false, {}});
            FUZZ_CHECK(!said || guilds.view(user, text("channel")));
            if (said && type == "edit") {
                if (auto const edited = guilds.edited("gm", *said, text("new"))) {
                    journal.said(*edited);
                }
            }
        }
        if (auto const form = read<StatusRequest>(message)) {
            people.set_status(user, form->status);
        }
        if (type == "come") {
            people.connected(user);
        } else if (type == "go") {
            people.disconnected(user);
        } else if (type == "activity") {
            people.set_activity(user, message["activity"]);
        }
        if (auto const form = read<FriendForm>(message)) {
            people.request(user, form->username);
        }
        read<SdpRequest>(message);
        read<IceRequest>(message);
        read<SpeakingRequest>(message);
        read<ShareRequest>(message);
        read<StatsRequest>(message);
        read<HistoryQuery>(message);
    }
    void check() const {
        using apps::kaiku::Guilds;
        for (auto const* user : {"gm", "ana"}) {
            auto const mine = guilds.guilds_of(user);
            FUZZ_CHECK(mine.size() <= Guilds::max_guilds_of_user);
            for (auto const& guild : mine) {
                FUZZ_CHECK(guilds.channels_of(guild.id).size() <= Guilds::max_channels);
                FUZZ_CHECK(guilds.guild(user, guild.id).has_value());
            }
        }
        bool const ana_inside = guilds.guild("ana", "g").has_value();
        FUZZ_CHECK(guilds.view("ana", "t").has_value() == ana_inside);
        FUZZ_CHECK(people.friends("gm").size() == people.friends("ana").size());
    }

    std::int64_t now = 1'000'000;
    int ids = 0;
    KaikuJournal journal;
    apps::kaiku::Guilds guilds;
    apps::kaiku::People people;
};

}  // namespace app_rule_target

void casys(Bytes bytes) {
    app_rule_target::Casys rules;
    play(bytes, rules);
    // A book of any text is refused with a reason, or can be begun.
    try {
        auto const text = engineio::net::replace_invalid_utf8(Input(bytes).rest());
        FUZZ_CHECK(apps::casys::Story::parse(text).find(1) != nullptr);
    } catch (std::runtime_error const& error) {
        FUZZ_CHECK(error.what()[0] != '\0');
    }
}

void fuse(Bytes bytes) {
    app_rule_target::Fuse rules;
    play(bytes, rules);
}

void kaiku(Bytes bytes) {
    app_rule_target::Kaiku rules;
    play(bytes, rules);
}

}  // namespace fuzz
