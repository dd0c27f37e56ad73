#include "apps/kaiku/guilds.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

namespace apps::kaiku {

namespace {

Refusal guild_not_found() {
    return {Reason::not_found, "There is no such guild"};
}

std::optional<Refusal> check_name(std::string const& name) {
    if (name.empty() || name.size() > Guilds::max_name_bytes) {
        return Refusal{Reason::invalid, "A name has 1 to 100 bytes"};
    }
    return std::nullopt;
}

std::size_t characters_of(std::string const& text) {
    auto const starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts));
}

std::optional<Refusal> check_content(std::string const& content) {
    if (content.empty() || characters_of(content) > Guilds::max_content) {
        return Refusal{Reason::invalid, "A message has 1 to 4000 characters"};
    }
    return std::nullopt;
}

bool has_expired(Invite const& invite, std::int64_t now) {
    return invite.expires != 0 && invite.expires <= now;
}

// Milliseconds; 0 for ever, nothing for what is no period.
std::optional<std::int64_t> period_of(std::string const& text) {
    constexpr std::int64_t minute = 60'000;
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> periods{
        {{"30m", 30 * minute},
         {"1h", 60 * minute},
         {"1d", 24 * 60 * minute},
         {"7d", 7 * 24 * 60 * minute},
         {"never", 0}}};
    for (auto const& [name, length] : periods) {
        if (name == text) {
            return length;
        }
    }
    return std::nullopt;
}

}  // namespace

Guilds::Guilds(Journal& journal, common::Clock clock, common::IdSource ids,
               Journal::State const& state)
    : journal_(journal), clock_(std::move(clock)), ids_(std::move(ids)) {
    for (auto const& guild : state.guilds) {
        houses_[guild.id].guild = guild;
    }
    for (auto const& member : state.members) {
        houses_.at(member.guild).members[member.user] = member.joined;
        guilds_of_[member.user].insert(member.guild);
    }
    for (auto const& invite : state.invites) {
        houses_.at(invite.guild).invites.insert(invite.code);
        invites_[invite.code] = invite;
    }
    for (auto const& channel : state.channels) {
        houses_.at(channel.guild).channels.push_back(channel.id);
        channels_[channel.id] = std::make_shared<Channel const>(channel);
        ++channels_made_[houses_.at(channel.guild).guild.owner];
    }
    for (auto& [id, house] : houses_) {
        std::sort(house.channels.begin(), house.channels.end(), [this](auto& a, auto& b) {
            return channels_.at(a)->position < channels_.at(b)->position;
        });
    }
}

// --- who may see what --------------------------------------------------------------------------

Guilds::House const* Guilds::house(std::string const& user, std::string const& guild) const {
    auto const found = houses_.find(guild);
    bool const inside = found != houses_.end() && found->second.members.count(user) > 0;
    return inside ? &found->second : nullptr;
}

Outcome<ChannelPtr> Guilds::view(std::string const& user, std::string const& channel) const {
    auto const found = channels_.find(channel);
    if (found == channels_.end()) {
        return Refusal{Reason::channel_not_found, "Channel does not exist"};
    }
    if (house(user, found->second->guild) == nullptr) {
        return Refusal{Reason::forbidden, "You don't have permission to access this channel"};
    }
    return found->second;
}

// Strangers do not learn which guilds there are.
Outcome<Guild> Guilds::guild(std::string const& user, std::string const& guild) const {
    auto const* const found = house(user, guild);
    if (found == nullptr) {
        return guild_not_found();
    }
    return found->guild;
}

Outcome<Guilds::House*> Guilds::owned(std::string const& user, std::string const& guild) {
    auto const found = houses_.find(guild);
    if (found == houses_.end() || found->second.members.count(user) == 0) {
        return guild_not_found();
    }
    if (found->second.guild.owner != user) {
        return Refusal{Reason::forbidden, "Only the guild's owner may do this"};
    }
    return &found->second;
}

std::vector<Guild> Guilds::guilds_of(std::string const& user) const {
    std::vector<Guild> list;
    if (auto const found = guilds_of_.find(user); found != guilds_of_.end()) {
        for (auto const& id : found->second) {
            list.push_back(houses_.at(id).guild);
        }
    }
    std::sort(list.begin(), list.end(), [](Guild const& a, Guild const& b) {
        return std::tie(a.created, a.id) < std::tie(b.created, b.id);
    });
    return list;
}

std::vector<ChannelPtr> Guilds::channels_of(std::string const& guild) const {
    std::vector<ChannelPtr> list;
    if (auto const found = houses_.find(guild); found != houses_.end()) {
        for (auto const& id : found->second.channels) {
            list.push_back(channels_.at(id));
        }
    }
    return list;
}

std::vector<Member> Guilds::members_of(std::string const& guild) const {
    std::vector<Member> list;
    if (auto const found = houses_.find(guild); found != houses_.end()) {
        for (auto const& [user, joined] : found->second.members) {
            list.push_back({guild, user, joined});
        }
    }
    return list;
}

// --- making guilds -----------------------------------------------------------------------------

void Guilds::enter(House& house, std::string const& user) {
    Member const member{house.guild.id, user, clock_()};
    house.members[user] = member.joined;
    guilds_of_[user].insert(member.guild);
    journal_.member(member);
}

Outcome<Guild> Guilds::create(std::string const& user, std::string const& name) {
    if (auto refusal = check_name(name)) {
        return *std::move(refusal);
    }
    if (guilds_of_[user].size() >= max_guilds_of_user ||
        channels_made_[user] >= max_channels_made) {  // as a guild begins with one
        return Refusal{Reason::forbidden, "Too many guilds"};
    }
    Guild const guild{ids_(), name, user, clock_()};
    auto& house = houses_[guild.id];
    house.guild = guild;
    journal_.guild(guild);
    enter(house, user);
    add_channel(user, guild.id, "general", "text", "");
    return guild;
}

Outcome<ChannelPtr> Guilds::add_channel(std::string const& user, std::string const& guild,
                                        std::string const& name, std::string const& type,
                                        std::string const& topic) {
    auto const house = owned(user, guild);
    if (!house) {
        return house.error();
    }
    if (auto refusal = check_name(name)) {
        return *std::move(refusal);
    }
    if (type != "text" && type != "voice") {
        return Refusal{Reason::invalid, "A channel is of type text or voice"};
    }
    if (characters_of(topic) > max_topic) {
        return Refusal{Reason::invalid, "A topic has up to 1024 characters"};
    }
    if ((*house)->channels.size() >= max_channels || channels_made_[user] >= max_channels_made) {
        return Refusal{Reason::forbidden, "Too many channels"};
    }
    auto const channel = std::make_shared<Channel const>(
        Channel{ids_(), guild, name, type, topic,
                static_cast<std::int64_t>((*house)->channels.size()), clock_()});
    (*house)->channels.push_back(channel->id);
    ++channels_made_[user];
    channels_[channel->id] = channel;
    journal_.channel(*channel);
    return channel;
}

// Which its guild has forgotten, or is about to.
void Guilds::end_invite(std::string const& code) {
    invites_.erase(code);
    journal_.invite_gone(code);
}

// They let nobody in any more, but would keep others from being made.
void Guilds::forget_expired(House& house) {
    auto const now = clock_();
    std::erase_if(house.invites, [&](std::string const& code) {
        bool const gone = has_expired(invites_.at(code), now);
        if (gone) {
            end_invite(code);
        }
        return gone;
    });
}

// For one more invitation. Those that end make room by themselves.
bool Guilds::make_room(House& house) {
    forget_expired(house);
    if (house.invites.size() < max_invites) {
        return true;
    }
    Invite const* oldest = nullptr;
    for (auto const& code : house.invites) {
        auto const& invite = invites_.at(code);
        if (invite.expires == 0 && (oldest == nullptr || invite.created < oldest->created)) {
            oldest = &invite;
        }
    }
    if (oldest == nullptr) {
        return false;
    }
    auto const code = oldest->code;
    house.invites.erase(code);
    end_invite(code);
    return true;
}

Outcome<Invite> Guilds::invite(std::string const& user, std::string const& guild,
                               std::string const& expires_in) {
    auto const house = owned(user, guild);
    if (!house) {
        return house.error();
    }
    auto const period = period_of(expires_in);
    if (!period) {
        return Refusal{Reason::invalid, "An invitation is for 30m, 1h, 1d, 7d or never ends"};
    }
    if (!make_room(**house)) {
        return Refusal{Reason::forbidden, "Too many invitations"};
    }
    auto const now = clock_();
    Invite const invite{ids_(), ids_(), guild, user, now, *period == 0 ? 0 : now + *period, 0};
    (*house)->invites.insert(invite.code);
    invites_[invite.code] = invite;
    journal_.invite(invite);
    return invite;
}

Outcome<Invite> Guilds::join(std::string const& user, std::string const& code) {
    auto const found = invites_.find(code);
    if (found == invites_.end() || has_expired(found->second, clock_())) {
        return Refusal{Reason::not_found, "The invitation is not valid or has expired"};
    }
    auto& invite = found->second;
    auto& house = houses_.at(invite.guild);
    if (house.members.count(user) > 0) {
        return invite;
    }
    if (house.members.size() >= max_members || guilds_of_[user].size() >= max_guilds_of_user) {
        return Refusal{Reason::forbidden, "This guild is full, or you are in too many"};
    }
    ++invite.uses;
    enter(house, user);
    journal_.invite(invite);
    return invite;
}

// --- messages ----------------------------------------------------------------------------------

Outcome<Message> Guilds::say(std::string const& user, std::string const& channel,
                             Draft const& draft) {
    auto const seen = view(user, channel);
    if (!seen) {
        return seen.error();
    }
    if (auto refusal = check_content(draft.content)) {
        return *std::move(refusal);
    }
    if (!draft.reply_to.empty() && !common::is_uuid(draft.reply_to)) {
        return Refusal{Reason::invalid, "reply_to is a message's id"};
    }
    Message message{ids_(),          channel,        user,     draft.content,
                    draft.encrypted, draft.reply_to, clock_(), 0};
    journal_.said(message);
    return message;
}

Outcome<Message> Guilds::edited(std::string const& user, Message message,
                                std::string const& content) const {
    // Who may not see it does not learn of it.
    if (!view(user, message.channel)) {
        return Refusal{Reason::not_found, "There is no such message"};
    }
    if (message.author != user) {
        return Refusal{Reason::forbidden, "Only the author may change a message"};
    }
    if (auto refusal = check_content(content)) {
        return *std::move(refusal);
    }
    message.content = content;
    message.edited = clock_();
    return message;
}

Outcome<void> Guilds::may_remove(std::string const& user, Message const& message) const {
    auto const channel = view(user, message.channel);
    if (!channel) {
        return Refusal{Reason::not_found, "There is no such message"};
    }
    if (message.author != user && houses_.at((*channel)->guild).guild.owner != user) {
        return Refusal{Reason::forbidden, "Only author and guild owner may delete a message"};
    }
    return boost::system::in_place_value;
}

}  // namespace apps::kaiku
