#pragma once

#include "apps/eliza/eliza.hpp"
#include "apps/eliza_schema.hpp"
#include "apps/store/migrations.hpp"

#include <string>
#include <utility>
#include <vector>

namespace eliza_test {

using namespace apps::eliza;
using socketio::Json;

inline std::string uuid(int number) {
    auto const digits = std::to_string(100000000000 + number);
    return "00000000-0000-4000-8000-" + digits;
}

struct Lobby {
    int next_id = 500;
    std::int64_t now = 1000;
    apps::common::Clock clock = [this] { return now++; };
    apps::common::IdSource ids = [this] { return uuid(next_id++); };
    apps::store::Database database{":memory:"};
    Policy policy;
    std::string const agent = uuid(90);
    std::string const room = uuid(1);
    std::string const ana = uuid(11);
    std::string const ben = uuid(12);

    explicit Lobby(Policy wanted = {}) : policy(wanted) {
        apps::store::migrate(database, schema);
        rules().begin({{agent, "Eliza", "listens"}});
    }

    // Everything is in the archive, so every call may have rules of its own.
    Eliza rules() { return {database, clock, ids, policy}; }

    // Deletes what was removed; in how many pieces.
    int sweep() {
        int pieces = 0;
        while (rules().sweep()) {
            ++pieces;
        }
        return pieces;
    }

    std::int64_t number(std::string const& sql) {
        auto query = database.query(sql);
        return query.step() ? query.integer(0) : -1;
    }

    Statement line(std::string const& sender, std::string text) const {
        Statement statement;
        statement.channel = room;
        statement.sender = sender;
        statement.self = sender;
        statement.name = "N";
        statement.text = std::move(text);
        return statement;
    }

    Entrance seed_join(std::string const& who, std::string const& with = {}) const {
        Entrance entrance;
        entrance.channel = room;
        entrance.entity = who;
        entrance.name = "Somebody";
        entrance.agent = with;
        entrance.makes_channel = true;
        return entrance;
    }

    std::size_t answers(Statement const& statement) {
        return rules().say(statement)->audience.size();
    }

    Channel group(std::vector<std::string> participants) {
        NewChannel wanted;
        wanted.name = "Group";
        wanted.participants = std::move(participants);
        return *rules().make_channel(wanted, ana);
    }
};

}  // namespace eliza_test
