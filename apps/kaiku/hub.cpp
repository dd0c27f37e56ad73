#include "apps/kaiku/hub.hpp"

#include "apps/kaiku/views.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace apps::kaiku {

using common::Fault;
using socketio::Json;

namespace {

namespace net = engineio::net;

constexpr std::uint16_t unsupported_data = 1003;
constexpr std::uint16_t policy_violation = 1008;
constexpr std::uint32_t floods_before_close = 200;
constexpr std::string_view token_protocol = "access_token";

Seat const& seat_of(common::Peer& peer) {
    return peer.data<Seat>();
}

// The token among the offered subprotocols: "access_token.<token>".
std::string_view offered_token(std::string_view offered) {
    while (offered.data() != nullptr) {
        auto const protocol = net::trim(net::next_piece(offered, ','));
        if (protocol.starts_with(token_protocol) &&
            protocol.substr(token_protocol.size()).starts_with('.')) {
            return protocol.substr(token_protocol.size() + 1);
        }
    }
    return {};
}

struct Code {
    std::string_view seed, present;
};

Code code_of(Reason reason) {
    switch (reason) {
    case Reason::channel_not_found:
        return {"CHANNEL_NOT_FOUND", "channel_not_found"};
    case Reason::not_found:
        return {"NOT_FOUND", "not_found"};
    case Reason::forbidden:
        return {"PERMISSION_DENIED", "forbidden"};
    case Reason::rate_limited:
        return {"RATE_LIMITED", "rate_limited"};
    case Reason::not_elevated:
        return {"PERMISSION_DENIED", "admin_not_elevated"};
    case Reason::unavailable:
        return {"SERVICE_UNAVAILABLE", "service_unavailable"};
    case Reason::conflict:
    case Reason::invalid:
        break;
    }
    return {"VALIDATION_ERROR", "message_error"};
}

}  // namespace

std::string channel_room(std::string const& channel) {
    return "channel:" + channel;
}

std::string user_room(std::string const& user) {
    return "user:" + user;
}

std::string seed_part(std::string const& room) {
    return room + "#seed";
}

std::string guild_room(std::string const& guild) {
    return seed_part("guild:" + guild);
}

std::string plain_id(std::string const& id) {
    return net::to_lower(id);
}

Hub::Hub(common::JsonEndpoint& endpoint, auth::Accounts& accounts, KaikuStore& store,
         common::Clock clock, common::Rate voice_joins)
    : endpoint_(endpoint), accounts_(accounts), store_(store), clock_(clock),
      rules_(store, clock, common::random_uuid, store.load(), voice_joins) {
    accounts_.on_new([this](auth::Account const& account, auth::RegisterRequest const& request) {
        User const user{account.id,
                        account.username,
                        request.display_name.value_or(account.username),
                        request.email.value_or(""),
                        "online",
                        clock_()};
        rules_.with([&](Kaiku& kaiku) { kaiku.people.add(user); });
    });
    endpoint_.authenticate(
        [this](net::Request const& request) -> std::optional<Seat> {
            auto const offered = offered_token(request.header("sec-websocket-protocol"));
            auto user = accounts_.user(offered.empty() ? request.query().get("token") : offered);
            return user && knows(*user) ? std::optional(Seat{*std::move(user), offered.empty()})
                                        : std::nullopt;
        },
        {.reason = "Authentication required", .http_status = 401});
    // Exactly this one, and never the one with the token in it.
    endpoint_.choose_subprotocol([](std::vector<std::string> const& offered) {
        bool const known =
            std::find(offered.begin(), offered.end(), token_protocol) != offered.end();
        return std::string(known ? token_protocol : "");
    });
}

bool Hub::knows(std::string const& user) {
    return rules_.with([&](Kaiku const& kaiku) { return kaiku.people.find(user) != nullptr; });
}

// --- coming and going --------------------------------------------------------------------------

void Hub::connected(Peer& peer) {
    auto const& [user, seed] = seat_of(peer);
    rules_.with([&, &user = user, seed = seed](Kaiku& kaiku) {
        bool const news = kaiku.people.connected(user);
        // At once, so that it is the first frame, whatever is on its way to the rooms.
        peer.send("ready", ReadyNotice{user, profile_of(kaiku.people, user)});
        peer.join(user_room(user));
        if (seed) {
            peer.join(seed_part(user_room(user)));
            for (auto const& guild : kaiku.guilds.guilds_of(user)) {
                peer.join(guild_room(guild.id));
            }
        }
        for (auto const& other : kaiku.people.friends(user)) {
            peer.send("presence_update", PresenceNotice{other, kaiku.people.status_of(other)},
                      in_order());
        }
        if (news) {
            tell_presence(kaiku, user);
        }
    });
}

void Hub::disconnected(Peer& peer) {
    auto const& user = seat_of(peer).user;
    rules_.with([&](Kaiku& kaiku) {
        if (auto const channel = kaiku.voice.disconnect(user, peer.id())) {
            leave_voice(kaiku, user, *channel);
        }
        if (kaiku.people.disconnected(user)) {
            tell_presence(kaiku, user);
        }
    });
}

// To friends; to clients of the document's dialect also that of those in the same guilds.
void Hub::tell_presence(Kaiku const& kaiku, std::string const& user) {
    std::vector<std::string> rooms;
    for (auto const& other : kaiku.people.friends(user)) {
        rooms.push_back(user_room(other));
    }
    for (auto const& guild : kaiku.guilds.guilds_of(user)) {
        rooms.push_back(guild_room(guild.id));
    }
    if (!rooms.empty()) {  // without rooms it would be everybody
        listeners(kaiku, user, std::move(rooms))
            .except(user_room(user))
            .send("presence_update", PresenceNotice{user, kaiku.people.status_of(user)},
                  in_order());
    }
}

// Those of the rooms who may hear of `user`: nobody who has blocked that one or is blocked.
common::Audience Hub::listeners(Kaiku const& kaiku, std::string const& user,
                                socketio::RoomList rooms) {
    std::vector<std::string> deaf;
    for (auto const& other : kaiku.people.strangers(user)) {
        deaf.push_back(user_room(other));
    }
    return endpoint_.to(std::move(rooms)).except(std::move(deaf));
}

// --- events ------------------------------------------------------------------------------------

void Hub::ping(Peer& peer, Inbound const& message) {
    peer.send("pong", Json::object(), {.id = message.id});
}

void Hub::subscribe(Peer& peer, ChannelRequest const& request, Inbound const& message) {
    auto const id = plain_id(request.channel_id);
    rules_.with([&](Kaiku& kaiku) {
        auto const channel = kaiku.guilds.view(seat_of(peer).user, id);
        if (!channel) {
            return refuse(peer, channel.error(), message);
        }
        peer.join(channel_room(id));
        if (seat_of(peer).seed) {
            peer.join(seed_part(channel_room(id)));
        }
        peer.send("subscribed", ChannelNotice{id}, in_order(message.id));
    });
}

void Hub::unsubscribe(Peer& peer, ChannelRequest const& request, Inbound const& message) {
    auto const id = plain_id(request.channel_id);
    rules_.with([&](Kaiku&) {
        peer.leave(channel_room(id));
        peer.leave(seed_part(channel_room(id)));
        peer.send("unsubscribed", ChannelNotice{id}, in_order(message.id));
    });
}

void Hub::typing(Peer& peer, ChannelRequest const& request) {
    auto const id = plain_id(request.channel_id);
    auto const& user = seat_of(peer).user;
    rules_.with([&](Kaiku& kaiku) {
        if (kaiku.guilds.view(user, id)) {
            listeners(kaiku, user, channel_room(id))
                .except(peer)
                .send("typing_start", coming(id, user, kaiku.people), in_order());
        }
    });
}

void Hub::stop_typing(Peer& peer, ChannelRequest const& request) {
    auto const id = plain_id(request.channel_id);
    auto const& user = seat_of(peer).user;
    rules_.with([&](Kaiku& kaiku) {
        if (kaiku.guilds.view(user, id)) {
            listeners(kaiku, user, channel_room(id))
                .except(peer)
                .send("typing_stop", UserNotice{id, user}, in_order());
        }
    });
}

void Hub::set_status(Peer& peer, StatusRequest const& request, Inbound const& message) {
    auto const& user = seat_of(peer).user;
    if (!store_.thread().accepts()) {
        return refuse(peer, {Reason::unavailable, "Storage is not available, try again later"},
                      message);
    }
    rules_.with([&](Kaiku& kaiku) {
        store::StoreThread::Together const change(store_.thread());
        auto const news = kaiku.people.set_status(user, request.status);
        if (!news) {
            refuse(peer, news.error(), message);
        } else if (*news) {
            announce([this, user](Kaiku& now) { tell_presence(now, user); });
        }
    });
}

void Hub::set_activity(Peer& peer, ActivityRequest const& request, Inbound const& message) {
    auto const& user = seat_of(peer).user;
    rules_.with([&](Kaiku& kaiku) {
        auto const news = kaiku.people.set_activity(user, request.activity);
        if (!news) {
            return refuse(peer, news.error(), message);
        }
        std::vector<std::string> rooms;
        for (auto const& other : kaiku.people.friends(user)) {
            rooms.push_back(user_room(other));
        }
        if (*news && !rooms.empty()) {
            endpoint_.to(std::move(rooms))
                .send("rich_presence_update", ActivityNotice{user, request.activity}, in_order());
        }
    });
}

void Hub::refuse_admin(Peer& peer, Inbound const& message) {
    refuse(peer, {Reason::not_elevated, "There is no administration here"}, message);
}

// --- errors ------------------------------------------------------------------------------------

void Hub::refuse(Peer& peer, Refusal const& refusal, Inbound const& message) {
    auto const code = code_of(refusal.reason);
    auto const options = in_order(message.id);
    if (seat_of(peer).seed) {
        peer.send("error", ErrorNotice{std::string(code.seed), refusal.message}, options);
    } else if (message.type.starts_with("voice_")) {
        peer.send("voice_error", ErrorNotice{"voice_error", refusal.message}, options);
    } else {
        peer.send("error", ErrorNotice{std::string(code.present), refusal.message}, options);
    }
}

void Hub::reply_error(Peer& peer, common::Invalid const& invalid) {
    auto const text = common::fault_text(invalid.fault);
    if (invalid.fault == Fault::binary) {
        return peer.close(unsupported_data, text);
    }
    // R says the same of every bad message, whatever it is about.
    bool const seed = seat_of(peer).seed;
    peer.send("error", ErrorNotice{seed ? "VALIDATION_ERROR" : "message_error", std::string(text)},
              in_order(invalid.message.id));
}

void Hub::flooded(Peer& peer, std::uint32_t refused) {
    if (refused == 1) {
        refuse(peer, {Reason::rate_limited, "Too many messages"}, {});
    } else if (refused == floods_before_close) {
        peer.close(policy_violation, "Rate limit exceeded");
    }
}

}  // namespace apps::kaiku
