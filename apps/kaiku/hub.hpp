#pragma once

#include "apps/auth/accounts.hpp"
#include "apps/common/json_endpoint.hpp"
#include "apps/common/rest.hpp"
#include "apps/common/synchronized.hpp"
#include "apps/kaiku/guilds.hpp"
#include "apps/kaiku/kaiku_store.hpp"
#include "apps/kaiku/messages.hpp"
#include "apps/kaiku/people.hpp"
#include "apps/kaiku/voice.hpp"
#include "apps/store/change.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace apps::kaiku {

/// The rules together, under one lock.
struct Kaiku {
    Kaiku(Journal& journal, common::Clock const& clock, common::IdSource const& ids,
          Journal::State const& state, common::Rate voice_joins)
        : people(journal, clock, ids, state), guilds(journal, clock, ids, state),
          voice(voice_joins) {}

    People people;
    Guilds guilds;
    Voice voice;
};

/// The side of the system that faces its users: sockets in two dialects, and REST. A client that
/// brings its token as a subprotocol speaks R only, one with ?token= may be of either generation
/// and hears renamed events under both names.
///
/// What is kept is changed under the lock of the rules, and answered and told when it is on the
/// disk: from the store's thread, under the lock again, in the order of the changes. What passes
/// (presence, typing, voice) is told at once, under the lock, too. So everybody hears all in one
/// order, but who asks may see a change before it is kept. While the store cannot keep changes they
/// are refused: service_unavailable, REST 503. Owned by wiring; outlives endpoint, REST table and
/// the store's thread, which call it from all shards.
class Hub {
public:
    using Peer = common::Peer;
    using Inbound = common::Inbound;
    using Reply = common::Reply;
    using RestCall = common::RestCall;

    /// Lets users in by their access tokens; the endpoint gets its table by events().
    Hub(common::JsonEndpoint& endpoint, auth::Accounts& accounts, KaikuStore& store,
        common::Clock clock, common::Rate voice_joins);

    // Events: hub.cpp.
    void connected(Peer& peer);
    void disconnected(Peer& peer);
    void ping(Peer& peer, Inbound const& message);
    void subscribe(Peer& peer, ChannelRequest const& request, Inbound const& message);
    void unsubscribe(Peer& peer, ChannelRequest const& request, Inbound const& message);
    void typing(Peer& peer, ChannelRequest const& request);
    void stop_typing(Peer& peer, ChannelRequest const& request);
    void set_status(Peer& peer, StatusRequest const& request, Inbound const& message);
    void set_activity(Peer& peer, ActivityRequest const& request, Inbound const& message);
    void refuse_admin(Peer& peer, Inbound const& message);
    void reply_error(Peer& peer, common::Invalid const& invalid);
    void flooded(Peer& peer, std::uint32_t refused);

    // Voice: hub_voice.cpp.
    void voice_join(Peer& peer, ChannelRequest const& request, Inbound const& message);
    void voice_leave(Peer& peer, ChannelRequest const& request, Inbound const& message);
    void voice_sdp(Peer& peer, SdpRequest const& request, Inbound const& message);
    void voice_ice(Peer& peer, IceRequest const& request, Inbound const& message);
    void voice_mute(Peer& peer, ChannelRequest const& request, Inbound const& message);
    void voice_unmute(Peer& peer, ChannelRequest const& request, Inbound const& message);
    void voice_speaking(Peer& peer, SpeakingRequest const& request, Inbound const& message);
    void voice_stats(Peer& peer, socketio::Json const& request);
    void share_screen(Peer& peer, ShareRequest const& request, Inbound const& message);
    void share_webcam(Peer& peer, ShareRequest const& request, Inbound const& message);
    void end_screen(Peer& peer, ChannelRequest const& request, Inbound const& message);
    void end_webcam(Peer& peer, ChannelRequest const& request, Inbound const& message);

    // REST: hub_messages.cpp.
    socketio::Task<Reply> say(RestCall& call, std::string channel, MessageForm form);
    socketio::Task<Reply> edit(RestCall& call, std::string id, EditForm form);
    socketio::Task<Reply> remove(RestCall& call, std::string id);
    socketio::Task<Reply> history(RestCall& call, std::string channel, HistoryQuery query);

    // REST: hub_rest.cpp.
    Reply me(RestCall& call);
    socketio::Task<Reply> preferences(RestCall& call);
    socketio::Task<Reply> set_preferences(RestCall& call, PreferencesForm form);
    Reply unread(RestCall& call);
    Reply favorites(RestCall& call);
    Reply admin_status(RestCall& call);
    Reply nothing_yet(RestCall& call);
    Reply guilds(RestCall& call);
    Reply guild(RestCall& call, std::string const& id);
    Reply channels(RestCall& call, std::string const& id);
    Reply channel(RestCall& call, std::string const& id);
    Reply members(RestCall& call, std::string const& id);
    Reply nothing_in_guild(RestCall& call, std::string const& id);
    socketio::Task<Reply> make_guild(RestCall& call, GuildForm form);
    socketio::Task<Reply> make_channel(RestCall& call, std::string guild, ChannelForm form);
    socketio::Task<Reply> make_invite(RestCall& call, std::string guild, InviteForm form);
    socketio::Task<Reply> use_invite(RestCall& call, std::string code);
    Reply friends(RestCall& call);
    Reply pending_friends(RestCall& call);
    Reply blocked(RestCall& call);
    socketio::Task<Reply> befriend(RestCall& call, FriendForm form);
    socketio::Task<Reply> accept_friend(RestCall& call, std::string id);
    socketio::Task<Reply> part_friend(RestCall& call, std::string id);
    socketio::Task<Reply> block(RestCall& call, std::string user);
    socketio::Task<Reply> unblock(RestCall& call, std::string user);

private:
    /// The user of the request's token, if there is one; throws RestError 401.
    std::string require(RestCall const& call);
    bool knows(std::string const& user);
    /// A request that changes what is kept: `apply(Kaiku&, user)` under the lock gives the answer,
    /// which goes out when all is on the disk.
    template <class F>
    socketio::Task<Reply> change(RestCall& call, F apply);
    /// `tell(Kaiku&)` under the lock, from the store's thread.
    template <class F>
    auto announced(F tell);
    /// The same, when what was changed until now is on the disk.
    template <class F>
    void announce(F tell);

    enum class Shown : std::uint8_t { screen, webcam };

    void refuse(Peer& peer, Refusal const& refusal, Inbound const& message);
    common::Audience listeners(Kaiku const& kaiku, std::string const& user,
                               socketio::RoomList rooms);
    void enter(std::string const& user, std::string const& guild);
    void tell_presence(Kaiku const& kaiku, std::string const& user);
    void tell_friends(Kaiku const& kaiku, Friendship const& tie);
    void leave_voice(Kaiku& kaiku, std::string const& user, std::string const& channel);
    void set_muted(Peer& peer, std::string const& channel, bool muted, Inbound const& message);
    void tell_speaking(Kaiku const& kaiku, std::string const& user, std::string const& channel,
                       bool speaking);
    void share(Peer& peer, Shown shown, ShareRequest const& request, Inbound const& message);
    void end_share(Peer& peer, Shown shown, std::string const& channel, Inbound const& message);
    Reply ties(RestCall& call, std::string const& status);

    /// Which participants of a voice channel hear something of a user.
    struct Hearers {
        bool self = false;
        bool seed_only = false;             ///< only those who know P's names
        std::string const* only = nullptr;  ///< only this user, if not ""
    };
    /// But nobody who has blocked `user` or is blocked.
    template <class T>
    void tell_room(Kaiku const& kaiku, std::string const& channel, std::string const& user,
                   std::string_view type, T const& notice, Hearers hearers);

    common::JsonEndpoint& endpoint_;
    auth::Accounts& accounts_;
    KaikuStore& store_;
    common::Clock clock_;
    common::Synchronized<Kaiku> rules_;
};

template <class F>
socketio::Task<common::Reply> Hub::change(RestCall& call, F apply) {
    return store::change(store_.thread(), rules_,
                         [user = require(call), apply = std::move(apply)](
                             Kaiku& rules) -> common::Reply { return apply(rules, user); });
}

template <class F>
auto Hub::announced(F tell) {
    return [this, tell = std::move(tell)] { rules_.with(tell); };
}

template <class F>
void Hub::announce(F tell) {
    store_.thread().after(announced(std::move(tell)));
}

/// What the endpoint knows of a peer.
struct Seat {
    std::string user;
    bool seed = false;  ///< came with ?token=: hears P's names, too, and gets its error codes
};

std::string channel_room(std::string const& channel);
std::string user_room(std::string const& user);
/// Those of a guild's members who hear P's names.
std::string guild_room(std::string const& guild);
/// Those of a room who hear P's names.
std::string seed_part(std::string const& room);
/// An id as clients write it, in lower case.
std::string plain_id(std::string const& id);
common::RestError error_of(Refusal const& refusal);

/// As everything that changes state: through the queues, in one order for all.
inline common::SendOptions in_order(std::string_view id = {}) {
    return {.id = id, .ordered = true};
}

/// Registers every event of both dialects.
void events(common::JsonEndpoint& endpoint, Hub& hub);
/// Registers every route.
void routes(common::Rest& rest, Hub& hub, auth::Accounts& accounts);

}  // namespace apps::kaiku
