#include "apps/kaiku/views.hpp"

namespace apps::kaiku {

using socketio::IsoTime;
using socketio::Json;

namespace {

Json text_or_null(std::string const& text) {
    return text.empty() ? Json() : Json(text);
}

Json time_or_null(std::int64_t time) {
    return time == 0 ? Json() : socketio::to_json(time_of(time));
}

}  // namespace

IsoTime time_of(std::int64_t milliseconds) {
    return IsoTime(std::chrono::milliseconds(milliseconds));
}

Profile profile_of(People const& people, std::string const& user) {
    auto const* const found = people.find(user);
    return found == nullptr ? Profile{user, "", "", Json(), "offline"}
                            : Profile{user, found->username, found->display_name, Json(),
                                      people.status_of(user)};
}

MessageView view_of(Message const& message, People const& people) {
    MessageView view;
    view.id = message.id;
    view.channel_id = message.channel;
    view.author = profile_of(people, message.author);
    view.content = message.content;
    view.encrypted = message.encrypted;
    view.reply_to = text_or_null(message.reply_to);
    view.edited_at = time_or_null(message.edited);
    view.created_at = time_of(message.created);
    return view;
}

MeView me_of(User const& user) {
    return {user.id,     user.username, user.display_name,    text_or_null(user.email), Json(),
            user.status, false,         time_of(user.created)};
}

GuildView view_of(Guild const& guild) {
    GuildView view;
    view.id = guild.id;
    view.name = guild.name;
    view.owner_id = guild.owner;
    view.created_at = time_of(guild.created);
    return view;
}

ChannelView view_of(Channel const& channel) {
    ChannelView view;
    view.id = channel.id;
    view.name = channel.name;
    view.channel_type = channel.type;
    view.guild_id = channel.guild;
    view.topic = text_or_null(channel.topic);
    view.position = channel.position;
    view.created_at = time_of(channel.created);
    return view;
}

MemberView view_of(Member const& member, People const& people) {
    auto const profile = profile_of(people, member.user);
    return {member.user, profile.username,       profile.display_name, Json(),
            Json(),      time_of(member.joined), profile.status,       Json()};
}

InviteView view_of(Invite const& invite, std::string const& guild_name) {
    return {invite.id,         invite.code,
            invite.guild,      guild_name,
            invite.created_by, time_or_null(invite.expires),
            invite.uses,       time_of(invite.created)};
}

FriendshipView view_of(Friendship const& tie) {
    return {tie.id,     tie.requester,        tie.addressee,
            tie.status, time_of(tie.created), time_of(tie.updated)};
}

FriendView view_of(Friendship const& tie, std::string const& user, People const& people) {
    auto const other = profile_of(people, tie.other(user));
    return {other.id,
            other.username,
            other.display_name,
            Json(),
            Json(),
            tie.status == "accepted" && other.status != "offline",
            tie.id,
            tie.status,
            time_of(tie.created),
            tie.requester == user ? "outgoing" : "incoming"};
}

ComingNotice coming(std::string const& channel, std::string const& user, People const& people) {
    auto const profile = profile_of(people, user);
    return {channel, user, profile.username, profile.display_name, profile};
}

ShareView view_of(Share const& share, std::string const& channel, std::string const& user,
                  People const& people) {
    return {channel,
            user,
            share.id,
            profile_of(people, user).username,
            share.source_label,
            share.has_audio,
            share.quality,
            time_of(share.started)};
}

RoomState state_of(std::string const& channel, Voice::Room const& room,
                   std::set<std::string> const& hidden, People const& people) {
    RoomState state;
    state.channel_id = channel;
    for (auto const& [user, one] : room) {
        if (hidden.count(user) > 0) {
            continue;
        }
        auto const profile = profile_of(people, user);
        state.participants.push_back({user, profile.username, profile.display_name, one.muted,
                                      one.screen.has_value(), one.webcam.has_value()});
        if (one.screen) {
            state.screen_shares.push_back(view_of(*one.screen, channel, user, people));
        }
        if (one.webcam) {
            state.webcams.push_back(view_of(*one.webcam, channel, user, people));
        }
    }
    return state;
}

}  // namespace apps::kaiku
