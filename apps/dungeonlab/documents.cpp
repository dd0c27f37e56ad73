#include "apps/dungeonlab/documents.hpp"

#include "apps/dungeonlab/ids.hpp"

#include <algorithm>
#include <array>

namespace apps::dungeonlab::documents {

using socketio::Json;

namespace {

constexpr char columns[] =
    "SELECT id, slug, name, document_type, plugin_id, plugin_document_type, plugin_data_json, "
    "user_data_json, state_json, item_state_json, owner_id, created_by, campaign_id, created_at, "
    "updated_at FROM dungeonlab_documents ";

Json json_of(store::Query const& query, int column) {
    return Json::parse(query.text(column)).value_or(Json::object());
}

DocumentRecord read(store::Query const& query) {
    DocumentRecord document;
    document.id = query.text(0);
    document.slug = query.text(1);
    document.name = query.text(2);
    document.documentType = query.text(3);
    document.pluginId = query.text(4);
    document.pluginDocumentType = query.text(5);
    document.pluginData = json_of(query, 6);
    document.userData = json_of(query, 7);
    document.state = json_of(query, 8);
    document.itemState = json_of(query, 9);
    document.ownerId = query.text(10);
    document.createdBy = query.text(11);
    document.campaignId = query.optional_text(12);
    document.createdAt = iso_of(query.integer(13));
    document.updatedAt = iso_of(query.integer(14));
    return document;
}

// The characters that LIKE treats specially, made ordinary.
std::optional<std::string> pattern_of(std::optional<std::string> const& part) {
    if (!part) {
        return std::nullopt;
    }
    std::string pattern = "%";
    for (char const c : *part) {
        if (c == '%' || c == '_' || c == '\\') {
            pattern += '\\';
        }
        pattern += c;
    }
    return pattern + "%";
}

}  // namespace

std::optional<DocumentRecord> find(store::Database& database, std::string_view id) {
    auto query = database.query(std::string(columns) + "WHERE id = ?");
    return query.bind(id).step() ? std::optional(read(query)) : std::nullopt;
}

std::vector<DocumentRecord> search(store::Database& database, Search const& wanted) {
    constexpr int usual = 50;
    auto query = database.query(
        std::string(columns) +
        "WHERE (?1 IS NULL OR document_type = ?1) AND (?2 IS NULL OR plugin_id = ?2) "
        "AND (?3 IS NULL OR plugin_document_type = ?3) AND (?4 IS NULL OR owner_id = ?4) "
        "AND (?5 IS NULL OR campaign_id = ?5) AND (?6 IS NULL OR name LIKE ?6 ESCAPE '\\') "
        "ORDER BY name, id LIMIT ?7 OFFSET ?8");
    query.bind(wanted.documentType, wanted.pluginId, wanted.pluginDocumentType, wanted.ownerId,
               wanted.campaignId, pattern_of(wanted.name),
               std::clamp(wanted.limit.value_or(usual), 0, max_found),
               std::max(wanted.offset.value_or(0), 0));
    std::vector<DocumentRecord> found;
    while (query.step()) {
        found.push_back(read(query));
    }
    return found;
}

DocumentRecord add(store::Database& database, NewDocument const& document,
                   std::string const& creator, std::int64_t now) {
    auto const id = object_id();
    database.run(
        "INSERT INTO dungeonlab_documents (id, slug, name, document_type, plugin_id, "
        "plugin_document_type, plugin_data_json, user_data_json, owner_id, created_by, "
        "campaign_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id, slug_of(document.name), document.name, document.documentType, document.pluginId,
        document.pluginDocumentType, document.pluginData.value_or(Json::object()).dump(),
        document.userData.value_or(Json::object()).dump(), document.ownerId.value_or(creator),
        creator, document.campaignId, now, now);
    return *find(database, id);
}

std::optional<DocumentRecord> change(store::Database& database, std::string_view id,
                                     Json const& data, std::int64_t now) {
    struct Text {
        char const* key;
        char const* sql;
    };
    static constexpr std::array<Text, 2> texts = {
        Text{"name", "UPDATE dungeonlab_documents SET name = ? WHERE id = ?"},
        Text{"slug", "UPDATE dungeonlab_documents SET slug = ? WHERE id = ?"}};
    static constexpr std::array<Text, 4> objects = {
        Text{"pluginData", "UPDATE dungeonlab_documents SET plugin_data_json = ? WHERE id = ?"},
        Text{"userData", "UPDATE dungeonlab_documents SET user_data_json = ? WHERE id = ?"},
        Text{"state", "UPDATE dungeonlab_documents SET state_json = ? WHERE id = ?"},
        Text{"itemState", "UPDATE dungeonlab_documents SET item_state_json = ? WHERE id = ?"}};
    for (auto const& [key, sql] : texts) {
        if (auto const* text = data[key].string(); text != nullptr && !text->empty()) {
            database.run(sql, *text, id);
        }
    }
    for (auto const& [key, sql] : objects) {
        if (data[key].is_object()) {
            database.run(sql, data[key].dump(), id);
        }
    }
    database.run("UPDATE dungeonlab_documents SET updated_at = ? WHERE id = ?", now, id);
    return find(database, id);
}

void remove(store::Database& database, std::string_view id) {
    database.run("DELETE FROM dungeonlab_documents WHERE id = ?", id);
}

}  // namespace apps::dungeonlab::documents
