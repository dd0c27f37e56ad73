#pragma once

// What travels on Kaiku's socket and in its REST answers. "P" is the document's dialect, "R" that
// of the project's present server and frontend; an event of the same name in both has the members
// of both.

#include "socketio/json_codec.hpp"
#include "socketio/raw_json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace apps::kaiku {

// --- client → server -----------------------------------------------------------------------------

struct ChannelRequest {
    std::string channel_id;
    SIO_JSON(ChannelRequest, channel_id)
};

struct SdpRequest {  ///< voice_offer, voice_answer
    std::string channel_id, sdp;
    std::optional<std::string> target_user_id;  ///< our addition: for one of several others
    SIO_JSON(SdpRequest, channel_id, sdp, target_user_id)
};

struct IceRequest {
    std::string channel_id, candidate;
    std::optional<std::string> target_user_id;
    SIO_JSON(IceRequest, channel_id, candidate, target_user_id)
};

struct SpeakingRequest {
    std::string channel_id;
    bool speaking = false;
    SIO_JSON(SpeakingRequest, channel_id, speaking)
};

struct ShareRequest {  ///< voice_screen_share_start, voice_webcam_start
    std::string channel_id;
    std::optional<std::string> quality;
    std::optional<bool> has_audio;
    std::optional<std::string> source_label;
    SIO_JSON(ShareRequest, channel_id, quality, has_audio, source_label)
};

struct StatsRequest {
    std::string channel_id;
    double latency = 0, packet_loss = 0, jitter = 0, quality = 0;
    SIO_JSON(StatsRequest, channel_id, latency, packet_loss, jitter, quality)
};

struct StatusRequest {
    std::string status;
    SIO_JSON(StatusRequest, status)
};

struct ActivityRequest {
    socketio::Json activity;  ///< an object or null
    SIO_JSON(ActivityRequest, activity)
};

// --- server → client -----------------------------------------------------------------------------

struct Profile {
    std::string id, username, display_name;
    socketio::Json avatar_url;  ///< always null: there are no pictures
    std::string status;
    SIO_JSON(Profile, id, username, display_name, avatar_url, status)
};

struct ReadyNotice {
    std::string user_id;  // R
    Profile user;         // P
    SIO_JSON(ReadyNotice, user_id, user)
};

struct ChannelNotice {
    std::string channel_id;
    SIO_JSON(ChannelNotice, channel_id)
};

struct MessageView {
    std::string id, channel_id;
    Profile author;
    std::string content;
    bool encrypted = false;
    socketio::Json attachments = socketio::Json::array();  ///< there are no files
    socketio::Json reply_to, parent_id;
    int thread_reply_count = 0;
    socketio::Json thread_last_reply_at;
    socketio::Json edited_at;
    socketio::IsoTime created_at;
    SIO_JSON(MessageView, id, channel_id, author, content, encrypted, attachments, reply_to,
             parent_id, thread_reply_count, thread_last_reply_at, edited_at, created_at)
};

struct MessageNotice {  ///< P message_create, R message_new
    std::string channel_id;
    MessageView message;
    SIO_JSON(MessageNotice, channel_id, message)
};

struct EditNotice {  ///< P message_update, R message_edit
    std::string channel_id, message_id, content;
    socketio::IsoTime edited_at;
    SIO_JSON(EditNotice, channel_id, message_id, content, edited_at)
};

struct DeleteNotice {
    std::string channel_id, message_id;
    SIO_JSON(DeleteNotice, channel_id, message_id)
};

/// typing_start, voice_user_joined.
struct ComingNotice {
    std::string channel_id, user_id, username, display_name;  // R
    Profile user;                                             // P
    SIO_JSON(ComingNotice, channel_id, user_id, username, display_name, user)
};

/// typing_stop, voice_user_left, voice_user_muted, voice_user_unmuted.
struct UserNotice {
    std::string channel_id, user_id;
    SIO_JSON(UserNotice, channel_id, user_id)
};

struct PresenceNotice {
    std::string user_id, status;
    SIO_JSON(PresenceNotice, user_id, status)
};

struct ActivityNotice {
    std::string user_id;
    socketio::Json activity;
    SIO_JSON(ActivityNotice, user_id, activity)
};

struct ParticipantView {
    std::string user_id, username, display_name;
    bool muted = false, screen_sharing = false, webcam_active = false;
    SIO_JSON(ParticipantView, user_id, username, display_name, muted, screen_sharing, webcam_active)
};

/// screen_share_started, webcam_started, and what is shown in a room's state.
struct ShareView {
    std::string channel_id, user_id, stream_id, username, source_label;
    bool has_audio = false;
    std::string quality;
    socketio::IsoTime started_at;
    SIO_JSON(ShareView, channel_id, user_id, stream_id, username, source_label, has_audio, quality,
             started_at)
};

struct ShareEnd {
    std::string channel_id, user_id, stream_id, reason;
    SIO_JSON(ShareEnd, channel_id, user_id, stream_id, reason)
};

struct RoomState {
    std::string channel_id;
    std::vector<ParticipantView> participants;
    std::vector<ShareView> screen_shares, webcams;
    SIO_JSON(RoomState, channel_id, participants, screen_shares, webcams)
};

struct SdpNotice {
    std::string channel_id, user_id, sdp;
    SIO_JSON(SdpNotice, channel_id, user_id, sdp)
};

struct IceNotice {  ///< P voice_ice, R voice_ice_candidate
    std::string channel_id, user_id, candidate;
    SIO_JSON(IceNotice, channel_id, user_id, candidate)
};

struct SpeakingNotice {
    std::string channel_id, user_id;
    bool speaking = false;
    SIO_JSON(SpeakingNotice, channel_id, user_id, speaking)
};

struct StatsNotice {
    std::string channel_id, user_id;
    double latency = 0, packet_loss = 0, jitter = 0, quality = 0;
    SIO_JSON(StatsNotice, channel_id, user_id, latency, packet_loss, jitter, quality)
};

struct FriendNotice {  ///< friend_request_accepted
    std::string friendship_id, user_id, username, display_name;
    socketio::Json avatar_url;
    SIO_JSON(FriendNotice, friendship_id, user_id, username, display_name, avatar_url)
};

struct FriendRequestNotice {  ///< friend_request_received
    std::string friendship_id, from_user_id, from_username, from_display_name;
    socketio::Json from_avatar_url;
    SIO_JSON(FriendRequestNotice, friendship_id, from_user_id, from_username, from_display_name,
             from_avatar_url)
};

struct BlockNotice {  ///< user_blocked, user_unblocked
    std::string user_id;
    SIO_JSON(BlockNotice, user_id)
};

struct ErrorNotice {
    std::string code, message;
    SIO_JSON(ErrorNotice, code, message)
};

// --- REST ----------------------------------------------------------------------------------------

struct LoginAnswer {
    std::string access_token;
    std::int64_t expires_in = 0;  ///< seconds
    std::string token_type = "Bearer";
    bool setup_required = false;
    SIO_JSON(LoginAnswer, access_token, expires_in, token_type, setup_required)
};

struct MeView {
    std::string id, username, display_name;
    socketio::Json email, avatar_url;
    std::string status;
    bool mfa_enabled = false;
    socketio::IsoTime created_at;
    SIO_JSON(MeView, id, username, display_name, email, avatar_url, status, mfa_enabled, created_at)
};

struct GuildView {
    std::string id, name, owner_id;
    socketio::Json icon_url, description;
    bool threads_enabled = true, discoverable = false;
    std::vector<std::string> tags;
    socketio::Json banner_url;
    std::string plan = "free";
    socketio::IsoTime created_at;
    SIO_JSON(GuildView, id, name, owner_id, icon_url, description, threads_enabled, discoverable,
             tags, banner_url, plan, created_at)
};

struct ChannelView {
    std::string id, name, channel_type;
    socketio::Json category_id;
    std::string guild_id;
    socketio::Json topic, icon_url, user_limit;
    std::int64_t position = 0;
    socketio::IsoTime created_at;
    int unread_count = 0;
    socketio::Json last_read_message_id, last_message_id;
    SIO_JSON(ChannelView, id, name, channel_type, category_id, guild_id, topic, icon_url,
             user_limit, position, created_at, unread_count, last_read_message_id, last_message_id)
};

struct MemberView {
    std::string user_id, username, display_name;
    socketio::Json avatar_url, nickname;
    socketio::IsoTime joined_at;
    std::string status;
    socketio::Json last_seen_at;
    SIO_JSON(MemberView, user_id, username, display_name, avatar_url, nickname, joined_at, status,
             last_seen_at)
};

struct InviteView {
    std::string id, code, guild_id, guild_name, created_by;
    socketio::Json expires_at;
    std::int64_t use_count = 0;
    socketio::IsoTime created_at;
    SIO_JSON(InviteView, id, code, guild_id, guild_name, created_by, expires_at, use_count,
             created_at)
};

struct FriendView {
    std::string user_id, username, display_name;
    socketio::Json avatar_url, status_message;
    bool is_online = false;
    std::string friendship_id, friendship_status;
    socketio::IsoTime created_at;
    std::string direction;  ///< of a request: incoming or outgoing
    SIO_JSON(FriendView, user_id, username, display_name, avatar_url, status_message, is_online,
             friendship_id, friendship_status, created_at, direction)
};

struct FriendshipView {
    std::string id, requester_id, addressee_id, status;
    socketio::IsoTime created_at, updated_at;
    SIO_JSON(FriendshipView, id, requester_id, addressee_id, status, created_at, updated_at)
};

struct MessageForm {
    std::string content;
    std::optional<bool> encrypted;
    std::optional<std::string> reply_to;
    std::optional<std::string> parent_id;  ///< of a thread
    SIO_JSON(MessageForm, content, encrypted, reply_to, parent_id)
};

struct EditForm {
    std::string content;
    SIO_JSON(EditForm, content)
};

struct HistoryQuery {
    std::optional<int> limit;
    std::optional<std::string> before;
    SIO_JSON(HistoryQuery, limit, before)
};

struct HistoryView {
    std::vector<MessageView> items;
    bool has_more = false;
    socketio::Json next_cursor;
    SIO_JSON(HistoryView, items, has_more, next_cursor)
};

struct GuildForm {
    std::string name;
    SIO_JSON(GuildForm, name)
};

struct ChannelForm {
    std::string name, channel_type;
    std::optional<std::string> topic;
    SIO_JSON(ChannelForm, name, channel_type, topic)
};

struct InviteForm {
    std::optional<std::string> expires_in;
    SIO_JSON(InviteForm, expires_in)
};

struct FriendForm {
    std::string username;
    SIO_JSON(FriendForm, username)
};

/// preferences_updated, too.
struct PreferencesView {
    socketio::RawJson preferences;
    socketio::IsoTime updated_at;
    SIO_JSON(PreferencesView, preferences, updated_at)
};

struct PreferencesForm {
    socketio::Json preferences;
    SIO_JSON(PreferencesForm, preferences)
};

}  // namespace apps::kaiku
