// Voice channels: who is there, and the signalling of a mesh between them.

#include "apps/kaiku/hub.hpp"
#include "apps/kaiku/views.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace apps::kaiku {

namespace {

constexpr std::size_t max_label_bytes = 200;

std::string const& user_of(common::Peer& peer) {
    return peer.data<Seat>().user;
}

Outcome<Share> share_of(ShareRequest const& request, std::int64_t now) {
    constexpr std::array<std::string_view, 4> qualities = {"low", "medium", "high", "premium"};
    Share share;
    share.quality = request.quality.value_or("medium");
    share.has_audio = request.has_audio.value_or(false);
    share.source_label = request.source_label.value_or("");
    share.id = common::random_uuid();
    share.started = now;
    if (std::find(qualities.begin(), qualities.end(), share.quality) == qualities.end() ||
        share.source_label.size() > max_label_bytes) {
        return Refusal{Reason::invalid, "A quality is low, medium, high or premium"};
    }
    return share;
}

}  // namespace

template <class T>
void Hub::tell_room(Kaiku const& kaiku, std::string const& channel, std::string const& user,
                    std::string_view type, T const& notice, Hearers hearers) {
    auto const strangers = kaiku.people.strangers(user);
    bool const one = hearers.only != nullptr && !hearers.only->empty();
    for (auto const& [other, participant] : kaiku.voice.room(channel)) {
        bool const meant = (one ? other == *hearers.only : hearers.self || other != user) &&
                           (participant.seed || !hearers.seed_only);
        if (meant && strangers.count(other) == 0) {
            endpoint_.peer(participant.connection).send(type, notice, in_order());
        }
    }
}

// --- in and out --------------------------------------------------------------------------------

void Hub::voice_join(Peer& peer, ChannelRequest const& request, Inbound const& message) {
    auto const id = plain_id(request.channel_id);
    auto const& user = user_of(peer);
    rules_.with([&](Kaiku& kaiku) {
        auto const channel = kaiku.guilds.view(user, id);
        if (!channel) {
            return refuse(peer, channel.error(), message);
        }
        if ((*channel)->type != "voice") {
            return refuse(peer, {Reason::invalid, "This is no voice channel"}, message);
        }
        auto const joined = kaiku.voice.join(user, peer.id(), id);
        if (!joined) {
            return refuse(peer, joined.error(), message);
        }
        (*kaiku.voice.participant(user, peer.id(), id))->seed = peer.data<Seat>().seed;
        peer.send("voice_room_state",
                  state_of(id, kaiku.voice.room(id), kaiku.people.strangers(user), kaiku.people),
                  in_order(message.id));
        if (*joined) {
            tell_room(kaiku, id, user, "voice_user_joined", coming(id, user, kaiku.people),
                      {.self = true});
        }
    });
}

// After the user has left.
void Hub::leave_voice(Kaiku& kaiku, std::string const& user, std::string const& channel) {
    tell_room(kaiku, channel, user, "voice_user_left", UserNotice{channel, user}, {});
}

void Hub::voice_leave(Peer& peer, ChannelRequest const& request, Inbound const& message) {
    auto const id = plain_id(request.channel_id);
    auto const& user = user_of(peer);
    rules_.with([&](Kaiku& kaiku) {
        if (kaiku.voice.leave(user, id)) {
            leave_voice(kaiku, user, id);
        }
        // Leaving a channel one is not in is no mistake.
        peer.send("voice_user_left", UserNotice{id, user}, in_order(message.id));
    });
}

// --- signalling --------------------------------------------------------------------------------

void Hub::voice_sdp(Peer& peer, SdpRequest const& request, Inbound const& message) {
    auto const id = plain_id(request.channel_id);
    auto const& user = user_of(peer);
    auto const target = plain_id(request.target_user_id.value_or(""));
    rules_.with([&](Kaiku& kaiku) {
        if (auto const here = kaiku.voice.participant(user, peer.id(), id); !here) {
            return refuse(peer, here.error(), message);
        }
        tell_room(kaiku, id, user, message.type, SdpNotice{id, user, request.sdp},
                  {.only = &target});
    });
}

void Hub::voice_ice(Peer& peer, IceRequest const& request, Inbound const& message) {
    auto const id = plain_id(request.channel_id);
    auto const& user = user_of(peer);
    auto const target = plain_id(request.target_user_id.value_or(""));
    rules_.with([&](Kaiku& kaiku) {
        if (auto const here = kaiku.voice.participant(user, peer.id(), id); !here) {
            return refuse(peer, here.error(), message);
        }
        // A client with ?token= may know only one of the names, and ignores the other.
        IceNotice const notice{id, user, request.candidate};
        tell_room(kaiku, id, user, "voice_ice", notice, {.seed_only = true, .only = &target});
        tell_room(kaiku, id, user, "voice_ice_candidate", notice, {.only = &target});
    });
}

// --- state -------------------------------------------------------------------------------------

void Hub::tell_speaking(Kaiku const& kaiku, std::string const& user, std::string const& channel,
                        bool speaking) {
    tell_room(kaiku, channel, user, "voice_speaking", SpeakingNotice{channel, user, speaking},
              {.self = true});
}

void Hub::set_muted(Peer& peer, std::string const& channel, bool muted, Inbound const& message) {
    auto const id = plain_id(channel);
    auto const& user = user_of(peer);
    rules_.with([&](Kaiku& kaiku) {
        auto const here = kaiku.voice.participant(user, peer.id(), id);
        if (!here) {
            return refuse(peer, here.error(), message);
        }
        (*here)->muted = muted;
        tell_room(kaiku, id, user, muted ? "voice_user_muted" : "voice_user_unmuted",
                  UserNotice{id, user}, {.self = true});
        if (muted && std::exchange((*here)->speaking, false)) {
            tell_speaking(kaiku, user, id, false);
        }
    });
}

void Hub::voice_mute(Peer& peer, ChannelRequest const& request, Inbound const& message) {
    set_muted(peer, request.channel_id, true, message);
}

void Hub::voice_unmute(Peer& peer, ChannelRequest const& request, Inbound const& message) {
    set_muted(peer, request.channel_id, false, message);
}

// The server hears nothing in a mesh: clients say themselves when they speak.
void Hub::voice_speaking(Peer& peer, SpeakingRequest const& request, Inbound const& message) {
    auto const id = plain_id(request.channel_id);
    auto const& user = user_of(peer);
    rules_.with([&](Kaiku& kaiku) {
        auto const here = kaiku.voice.participant(user, peer.id(), id);
        if (!here) {
            return refuse(peer, here.error(), message);
        }
        bool const speaking = request.speaking && !(*here)->muted;
        if (std::exchange((*here)->speaking, speaking) != speaking) {
            tell_speaking(kaiku, user, id, speaking);
        }
    });
}

// Never an error: the present browser client sends them under a wrong name, and after leaving.
void Hub::voice_stats(Peer& peer, socketio::Json const& request) {
    StatsRequest stats;
    if (!socketio::read_value(request, stats)) {
        return;
    }
    auto const id = plain_id(stats.channel_id);
    auto const& user = user_of(peer);
    rules_.with([&](Kaiku& kaiku) {
        if (kaiku.voice.participant(user, peer.id(), id)) {
            tell_room(kaiku, id, user, "voice_user_stats",
                      StatsNotice{id, user, stats.latency, stats.packet_loss, stats.jitter,
                                  stats.quality},
                      {.self = true});
        }
    });
}

// --- screens and webcams -----------------------------------------------------------------------

void Hub::share(Peer& peer, Shown shown, ShareRequest const& request, Inbound const& message) {
    auto const id = plain_id(request.channel_id);
    auto const& user = user_of(peer);
    rules_.with([&](Kaiku& kaiku) {
        auto const here = kaiku.voice.participant(user, peer.id(), id);
        if (!here) {
            return refuse(peer, here.error(), message);
        }
        auto const share = share_of(request, clock_());
        if (!share) {
            return refuse(peer, share.error(), message);
        }
        bool const screen = shown == Shown::screen;
        (screen ? (*here)->screen : (*here)->webcam) = *share;
        tell_room(kaiku, id, user, screen ? "screen_share_started" : "webcam_started",
                  view_of(*share, id, user, kaiku.people), {.self = true});
    });
}

void Hub::end_share(Peer& peer, Shown shown, std::string const& channel, Inbound const& message) {
    auto const id = plain_id(channel);
    auto const& user = user_of(peer);
    rules_.with([&](Kaiku& kaiku) {
        auto const here = kaiku.voice.participant(user, peer.id(), id);
        if (!here) {
            return refuse(peer, here.error(), message);
        }
        bool const screen = shown == Shown::screen;
        auto const ended = std::exchange(screen ? (*here)->screen : (*here)->webcam, std::nullopt);
        if (ended) {
            tell_room(kaiku, id, user, screen ? "screen_share_stopped" : "webcam_stopped",
                      ShareEnd{id, user, ended->id, "user_stopped"}, {.self = true});
        }
    });
}

void Hub::share_screen(Peer& peer, ShareRequest const& request, Inbound const& message) {
    share(peer, Shown::screen, request, message);
}

void Hub::share_webcam(Peer& peer, ShareRequest const& request, Inbound const& message) {
    share(peer, Shown::webcam, request, message);
}

void Hub::end_screen(Peer& peer, ChannelRequest const& request, Inbound const& message) {
    end_share(peer, Shown::screen, request.channel_id, message);
}

void Hub::end_webcam(Peer& peer, ChannelRequest const& request, Inbound const& message) {
    end_share(peer, Shown::webcam, request.channel_id, message);
}

}  // namespace apps::kaiku
