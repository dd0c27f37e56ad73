#pragma once

#include "apps/dungeonlab/campaigns.hpp"
#include "apps/dungeonlab/demo_data.hpp"
#include "apps/dungeonlab/users.hpp"
#include "dungeonlab_schema.hpp"

#include <string>

namespace dungeonlab_store_test {

using namespace apps::dungeonlab;
using apps::store::Database;
using socketio::Json;

// The demo's campaign in a database without file.
struct World {
    Database database{":memory:"};
    std::string gm, ana, ben, campaign, session;

    World() {
        apps::store::migrate(database, schema);
        add_demo_data(database, "$y$hash", 1000);
        gm = users::find_for_login(database, "gm@example.com")->first.id;
        ana = users::find_for_login(database, "ANA@example.com")->first.id;
        ben = users::find_for_login(database, "ben@example.com")->first.id;
        campaign = campaigns::of_user(database, ana).at(0).id;
        session = campaigns::sessions_of_user(database, ana, {}, {}).at(0).id;
    }
    Directory directory() {
        Directory facts;
        campaigns::load(database, facts);
        return facts;
    }
};

inline Json patch(char const* text) {
    return *Json::parse(text);
}

inline Json tree(StateRecord const& record) {
    return *Json::parse(record.text);
}

}  // namespace dungeonlab_store_test
