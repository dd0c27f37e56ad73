// The HTTP side besides messages: oneself, guilds, friends.

#include "apps/kaiku/hub.hpp"
#include "apps/kaiku/views.hpp"

#include <utility>

namespace apps::kaiku {

using common::Reply;
using common::RestCall;
using common::RestError;
using socketio::Json;
using socketio::RawJson;
using socketio::Task;

namespace {

constexpr std::size_t max_preferences_bytes = 64 * 1024;

// `make(value)` is the answer to what the rules have given.
template <class T, class F>
Reply answer(Outcome<T> const& outcome, F make) {
    return outcome ? Reply(make(*outcome)) : Reply(error_of(outcome.error()));
}

PreferencesView preferences_of(Preferences const& kept) {
    static auto const none = RawJson::trusted("{}");
    return {RawJson::parse(kept.text).value_or(none), time_of(kept.updated)};
}

}  // namespace

// A token may be good and nobody's: of an account that is gone, or of another system with the same
// secret.
std::string Hub::require(RestCall const& call) {
    auto user = accounts_.require(call);
    if (!knows(user)) {
        throw RestError(401, "UNAUTHORIZED", "This account is gone");
    }
    return user;
}

// --- oneself -----------------------------------------------------------------------------------

Reply Hub::me(RestCall& call) {
    auto const user = require(call);
    return rules_.with([&](Kaiku& kaiku) { return me_of(*kaiku.people.find(user)); });
}

Task<Reply> Hub::preferences(RestCall& call) {
    auto asked = store_.preferences(require(call));
    co_return preferences_of(co_await asked);
}

Task<Reply> Hub::set_preferences(RestCall& call, PreferencesForm form) {
    auto const user = require(call);
    auto const text = form.preferences.dump();
    if (!form.preferences.is_object() || text.size() > max_preferences_bytes) {
        co_return RestError(400, "VALIDATION_ERROR", "Preferences are an object of limited size");
    }
    form.preferences = Json();  // takes many times its text while the disk is waited for
    auto tell = [to = endpoint_.to(user_room(user))](Preferences const& kept) {
        to.send("preferences_updated", preferences_of(kept), in_order());
    };
    auto asked = store_.set_preferences(user, text, clock_(), std::move(tell));
    co_return preferences_of(co_await asked);
}

// Nobody's reading is noted down, so nothing is unread.
Reply Hub::unread(RestCall& call) {
    require(call);
    return Json::object({{"guilds", Json::array()}, {"dms", Json::array()}, {"total", 0}});
}

Reply Hub::favorites(RestCall& call) {
    require(call);
    return Json::object({{"favorites", Json::array()}});
}

Reply Hub::admin_status(RestCall& call) {
    require(call);
    return Json::object({{"is_admin", false}, {"is_elevated", false}});
}

// Lists of what this server does not have: direct channels, pins, pages to accept.
Reply Hub::nothing_yet(RestCall& call) {
    require(call);
    return Json::array();
}

// --- guilds ------------------------------------------------------------------------------------

Reply Hub::guilds(RestCall& call) {
    auto const user = require(call);
    auto list = Json::array();
    for (auto const& guild :
         rules_.with([&](Kaiku& kaiku) { return kaiku.guilds.guilds_of(user); })) {
        list.array_items()->push_back(socketio::to_json(view_of(guild)));
    }
    return list;
}

Reply Hub::guild(RestCall& call, std::string const& id) {
    auto const user = require(call);
    auto const found =
        rules_.with([&](Kaiku& kaiku) { return kaiku.guilds.guild(user, plain_id(id)); });
    return answer(found, [](Guild const& guild) { return view_of(guild); });
}

Reply Hub::channels(RestCall& call, std::string const& id) {
    auto const user = require(call);
    std::vector<ChannelPtr> channels;
    auto const found = rules_.with([&](Kaiku& kaiku) {
        auto guild = kaiku.guilds.guild(user, plain_id(id));
        if (guild) {
            channels = kaiku.guilds.channels_of(guild->id);
        }
        return guild;
    });
    // What is long is written when the lock is free.
    return answer(found, [&](Guild const&) {
        std::vector<ChannelView> list;
        for (auto const& channel : channels) {
            list.push_back(view_of(*channel));
        }
        return list;
    });
}

Reply Hub::channel(RestCall& call, std::string const& id) {
    auto const user = require(call);
    auto const found =
        rules_.with([&](Kaiku& kaiku) { return kaiku.guilds.view(user, plain_id(id)); });
    return answer(found, [](ChannelPtr const& channel) { return view_of(*channel); });
}

Reply Hub::members(RestCall& call, std::string const& id) {
    auto const user = require(call);
    std::vector<MemberView> list;
    auto const found = rules_.with([&](Kaiku& kaiku) {
        auto guild = kaiku.guilds.guild(user, plain_id(id));
        if (guild) {
            for (auto const& member : kaiku.guilds.members_of(guild->id)) {
                list.push_back(view_of(member, kaiku.people));
            }
        }
        return guild;
    });
    return answer(found, [&](Guild const&) { return list; });
}

// Lists of what guilds do not have here: categories, pages.
Reply Hub::nothing_in_guild(RestCall& call, std::string const& id) {
    auto const user = require(call);
    auto const found =
        rules_.with([&](Kaiku& kaiku) { return kaiku.guilds.guild(user, plain_id(id)); });
    return answer(found, [](Guild const&) { return Json::array(); });
}

Task<Reply> Hub::make_guild(RestCall& call, GuildForm form) {
    return change(call, [this, form = std::move(form)](Kaiku& kaiku, auto const& user) {
        return answer(kaiku.guilds.create(user, form.name), [&](Guild const& guild) {
            enter(user, guild.id);
            return Reply(view_of(guild), 201);
        });
    });
}

// Their sockets hear of the guild's members from now on.
void Hub::enter(std::string const& user, std::string const& guild) {
    announce([this, user, guild](Kaiku&) {
        endpoint_.to(seed_part(user_room(user))).join(guild_room(guild));
    });
}

Task<Reply> Hub::make_channel(RestCall& call, std::string guild, ChannelForm form) {
    return change(
        call, [id = plain_id(guild), form = std::move(form)](Kaiku& kaiku, auto const& user) {
            auto const made = kaiku.guilds.add_channel(user, id, form.name, form.channel_type,
                                                       form.topic.value_or(""));
            return answer(made,
                          [](ChannelPtr const& channel) { return Reply(view_of(*channel), 201); });
        });
}

Task<Reply> Hub::make_invite(RestCall& call, std::string guild, InviteForm form) {
    return change(
        call, [id = plain_id(guild), form = std::move(form)](Kaiku& kaiku, auto const& user) {
            auto const made = kaiku.guilds.invite(user, id, form.expires_in.value_or("7d"));
            return answer(made, [&](Invite const& invite) {
                return Reply(view_of(invite, kaiku.guilds.guild(user, id)->name), 201);
            });
        });
}

Task<Reply> Hub::use_invite(RestCall& call, std::string code) {
    return change(call, [this, code = std::move(code)](Kaiku& kaiku, auto const& user) {
        return answer(kaiku.guilds.join(user, code), [&](Invite const& invite) {
            enter(user, invite.guild);
            return view_of(invite, kaiku.guilds.guild(user, invite.guild)->name);
        });
    });
}

// --- friends -----------------------------------------------------------------------------------

Reply Hub::ties(RestCall& call, std::string const& status) {
    auto const user = require(call);
    return rules_.with([&](Kaiku& kaiku) {
        std::vector<FriendView> list;
        for (auto const& tie : kaiku.people.ties(user, status)) {
            list.push_back(view_of(tie, user, kaiku.people));
        }
        return list;
    });
}

Reply Hub::friends(RestCall& call) {
    return ties(call, "accepted");
}

Reply Hub::pending_friends(RestCall& call) {
    return ties(call, "pending");
}

Reply Hub::blocked(RestCall& call) {
    return ties(call, "blocked");
}

Task<Reply> Hub::befriend(RestCall& call, FriendForm form) {
    return change(call, [this, form = std::move(form)](Kaiku& kaiku, auto const& user) {
        return answer(kaiku.people.request(user, form.username), [&](Friendship const& tie) {
            announce([this, tie](Kaiku& now) {
                auto const from = profile_of(now.people, tie.requester);
                endpoint_.to(user_room(tie.addressee))
                    .send("friend_request_received",
                          FriendRequestNotice{tie.id, tie.requester, from.username,
                                              from.display_name, Json()},
                          in_order());
            });
            return Reply(view_of(tie), 201);
        });
    });
}

Task<Reply> Hub::accept_friend(RestCall& call, std::string id) {
    return change(call, [this, id = plain_id(id)](Kaiku& kaiku, auto const& user) {
        return answer(kaiku.people.accept(user, id), [&](Friendship const& tie) {
            announce([this, tie](Kaiku& now) { tell_friends(now, tie); });
            return view_of(tie);
        });
    });
}

void Hub::tell_friends(Kaiku const& kaiku, Friendship const& tie) {
    auto const by = profile_of(kaiku.people, tie.addressee);
    endpoint_.to(user_room(tie.requester))
        .send("friend_request_accepted",
              FriendNotice{tie.id, tie.addressee, by.username, by.display_name, Json()},
              in_order());
    // From now on they see each other.
    for (auto const& [seen, by_whom] :
         {std::pair(tie.requester, tie.addressee), std::pair(tie.addressee, tie.requester)}) {
        endpoint_.to(user_room(by_whom))
            .send("presence_update", PresenceNotice{seen, kaiku.people.status_of(seen)},
                  in_order());
    }
}

Task<Reply> Hub::part_friend(RestCall& call, std::string id) {
    return change(call, [id = plain_id(id)](Kaiku& kaiku, auto const& user) {
        return answer(kaiku.people.part(user, id),
                      [](Friendship const&) { return Reply::empty(); });
    });
}

Task<Reply> Hub::block(RestCall& call, std::string other) {
    return change(call, [this, id = plain_id(other)](Kaiku& kaiku, auto const& user) {
        return answer(kaiku.people.block(user, id), [&](Friendship const& tie) {
            announce([this, tie](Kaiku&) {
                endpoint_.to(user_room(tie.requester))
                    .send("user_blocked", BlockNotice{tie.addressee}, in_order());
            });
            return view_of(tie);
        });
    });
}

Task<Reply> Hub::unblock(RestCall& call, std::string other) {
    return change(call, [this, id = plain_id(other)](Kaiku& kaiku, auto const& user) -> Reply {
        if (auto const done = kaiku.people.unblock(user, id); !done) {
            return error_of(done.error());
        }
        announce([this, user, id](Kaiku&) {
            endpoint_.to(user_room(user)).send("user_unblocked", BlockNotice{id}, in_order());
        });
        return Reply::empty();
    });
}

}  // namespace apps::kaiku
