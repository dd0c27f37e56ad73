#pragma once

#include "apps/kaiku/guilds.hpp"
#include "apps/kaiku/messages.hpp"
#include "apps/kaiku/people.hpp"
#include "apps/kaiku/voice.hpp"

#include <set>
#include <string>

namespace apps::kaiku {

// The rules' values as they are sent and listed.

socketio::IsoTime time_of(std::int64_t milliseconds);
Profile profile_of(People const& people, std::string const& user);
MessageView view_of(Message const& message, People const& people);
/// To the user alone: with the status that was chosen.
MeView me_of(User const& user);
GuildView view_of(Guild const& guild);
ChannelView view_of(Channel const& channel);
MemberView view_of(Member const& member, People const& people);
InviteView view_of(Invite const& invite, std::string const& guild_name);
FriendshipView view_of(Friendship const& tie);
/// As `user` sees it.
FriendView view_of(Friendship const& tie, std::string const& user, People const& people);
ComingNotice coming(std::string const& channel, std::string const& user, People const& people);
ShareView view_of(Share const& share, std::string const& channel, std::string const& user,
                  People const& people);
/// Without those in `hidden`.
RoomState state_of(std::string const& channel, Voice::Room const& room,
                   std::set<std::string> const& hidden, People const& people);

}  // namespace apps::kaiku
