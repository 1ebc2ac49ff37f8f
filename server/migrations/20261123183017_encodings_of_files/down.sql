ALTER TABLE "files" DROP COLUMN "encoding";
