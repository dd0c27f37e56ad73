// The HTTP table: method, path, handler; behind it, what subscribers and users hear of it.

#include "apps/kaiku/hub.hpp"

namespace apps::kaiku {

using socketio::Json;

namespace {

constexpr int kibibyte = 1024;

// What anybody may know of this server: names and passwords, no other way in, nothing to set up.
Json settings() {
    return Json::object({{"require_e2ee_setup", false},
                         {"oidc_enabled", false},
                         {"oidc_providers", Json::array()},
                         {"auth_methods", Json::object({{"local", true}, {"oidc", false}})},
                         {"registration_policy", "open"}});
}

// Messages only: there is no way to send a file.
Json upload_limits() {
    return Json::object({{"max_avatar_size", 0},
                         {"max_emoji_size", 0},
                         {"max_upload_size", 0},
                         {"max_message_size", 256 * kibibyte}});
}

}  // namespace

void routes(common::Rest& rest, Hub& hub, auth::Accounts& accounts) {
    using auth::Accounts;
    rest.post("/auth/login", &Accounts::login, &accounts);
    rest.post("/auth/register", &Accounts::enroll, &accounts);
    rest.post("/auth/refresh", &Accounts::refresh, &accounts);
    rest.post("/auth/logout", &Accounts::logout, &accounts);
    rest.get("/auth/me", &Hub::me, &hub);

    rest.get("/api/settings", [] { return settings(); });
    rest.get("/api/setup/status", [] { return Json::object({{"setup_complete", true}}); });
    rest.get("/api/config/upload-limits", [] { return upload_limits(); });
    rest.get("/api/me/preferences", &Hub::preferences, &hub);
    rest.put("/api/me/preferences", &Hub::set_preferences, &hub);  // preferences_updated: oneself
    rest.get("/api/me/unread", &Hub::unread, &hub);
    rest.get("/api/me/favorites", &Hub::favorites, &hub);
    rest.get("/api/me/pins", &Hub::nothing_yet, &hub);
    rest.get("/api/pages/pending-acceptance", &Hub::nothing_yet, &hub);
    rest.get("/api/admin/status", &Hub::admin_status, &hub);
    rest.get("/api/dm", &Hub::nothing_yet, &hub);

    rest.get("/api/guilds", &Hub::guilds, &hub);
    rest.post("/api/guilds", &Hub::make_guild, &hub);
    rest.get("/api/guilds/:id", &Hub::guild, &hub);
    rest.get("/api/guilds/:id/channels", &Hub::channels, &hub);
    rest.post("/api/guilds/:id/channels", &Hub::make_channel, &hub);
    rest.get("/api/guilds/:id/members", &Hub::members, &hub);
    rest.get("/api/guilds/:id/pages", &Hub::nothing_in_guild, &hub);
    rest.get("/api/guilds/:id/categories", &Hub::nothing_in_guild, &hub);
    rest.post("/api/guilds/:id/invites", &Hub::make_invite, &hub);
    rest.post("/api/invites/:code/join", &Hub::use_invite, &hub);
    rest.get("/api/channels/:id", &Hub::channel, &hub);

    rest.get("/api/friends", &Hub::friends, &hub);
    rest.get("/api/friends/pending", &Hub::pending_friends, &hub);
    rest.get("/api/friends/blocked", &Hub::blocked, &hub);
    rest.post("/api/friends/request", &Hub::befriend, &hub);          // friend_request_received
    rest.post("/api/friends/:id/accept", &Hub::accept_friend, &hub);  // friend_request_accepted
    rest.post("/api/friends/:id/reject", &Hub::part_friend, &hub);
    rest.remove("/api/friends/:id", &Hub::part_friend, &hub);
    rest.post("/api/friends/:userId/block", &Hub::block, &hub);      // user_blocked: oneself
    rest.remove("/api/friends/:userId/block", &Hub::unblock, &hub);  // user_unblocked: oneself

    rest.get("/api/messages/channel/:id", &Hub::history, &hub);
    rest.post("/api/messages/channel/:id", &Hub::say, &hub);  // message_create, message_new
    rest.patch("/api/messages/:id", &Hub::edit, &hub);        // message_update, message_edit
    rest.remove("/api/messages/:id", &Hub::remove, &hub);     // message_delete: subscribers
}

}  // namespace apps::kaiku
